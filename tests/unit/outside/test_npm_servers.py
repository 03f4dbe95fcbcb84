"""The reference server that npm has: written by others, in another language, over an older protocol."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.outside.listing import listed, pinned
from tests.unit.outside.test_mcp_tools import ran

PACKAGE = "@modelcontextprotocol/server-everything"
VERSION = "2026.8.31"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """How the server is started, from what npm holds in its cache."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("npm")
    install = [npm, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    done = subprocess.run([*install, f"{PACKAGE}@{VERSION}"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm has no {PACKAGE}@{VERSION} in its cache: install it once, anywhere, and run this again")
    return [node, str(folder / "node_modules" / PACKAGE / "dist" / "index.js")]


async def test_tools_of_the_reference_server(command: list[str], tmp_path: Path) -> None:
    terms = {"server": "hotel", "kind": "read", "anyone": True, "timeout_seconds": 15}
    names = {"echo": "echo", "weather": "get-structured-content", "picture": "get-tiny-image"}
    listed(tmp_path, {"command": command}, *({"name": name, "tool": there, **terms} for name, there in names.items()))
    tools = await pinned(tmp_path)
    assert tools["echo"].tool().schema["required"] == ["message"]
    assert await ran(tools["echo"], {"message": "Grüße"}) == {"text": "Echo: Grüße"}
    assert set(await ran(tools["weather"], {"location": "New York"})) == {"temperature", "conditions", "humidity"}
    assert (await ran(tools["picture"], {}))["left_out"] == ["image"]

"""A backend in TypeScript, with Temporal's own client: skipped where node or its packages cannot be had."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from handrail.postgres.case.openings import PostgresOpenings
from tests.support.house import House, wait_for

PACKAGE = "@temporalio/client@1.24.0"
SCRIPT = Path(__file__).parents[2] / "typescript" / "opens.mjs"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Temporal's client for TypeScript is installed, and the script beside it."""
    folder = tmp_path_factory.mktemp("typescript")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
        "--prefix",
        str(folder),
        PACKAGE,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{PACKAGE} cannot be installed: {type(error).__name__}")
    shutil.copy(SCRIPT, folder)
    return folder


async def test_a_backend_in_typescript_opens_cases_and_loses_none(home: House, client: Path) -> None:
    order = await home.order(status="shipped")
    name = f"ts-{uuid4().hex[:8]}"
    address = home.temporal.service_client.config.target_host
    script = await asyncio.create_subprocess_exec(
        "node",
        str(client / SCRIPT.name),
        address,
        home.settings.task_queue,
        name,
        order.customer_id,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, trouble = await asyncio.wait_for(script.communicate(), 120)
    assert script.returncode == 0, trouble.decode()
    found = json.loads(out)
    assert (found["first"]["case_id"], found["first"]["duplicate"]) == (f"{name}-1", False)
    assert found["again"]["duplicate"] is True
    assert found["other"]["refused"] == "CaseConflict"
    assert found["wrong"]["refused"] == "InvalidInput"
    assert "customer_id" in found["wrong"]["words"]
    assert found["retried"]["duplicate"] is False
    assert "the agent reads at most 8,000" in found["long"]["notice"]
    for number in (3, 4, 5):
        case = await home.until(f"{name}-{number}", lambda view: view.status == "WithHuman")
        assert (case.customer_id, case.reason) == (order.customer_id, "odd_message")

    async def seen() -> bool:
        return f"case-{name}-6" in [one.workflow_id for one in await PostgresOpenings(home.pool).refused()]

    assert await wait_for(seen)

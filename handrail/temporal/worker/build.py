"""The build id of a worker: which code a workflow task was run by, as the history keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = ("activities", "graphs", "handrail", "workflows", "worker.py")
LIBRARIES = ("langgraph", "pydantic", "temporalio")


@cache
def build_id(root: Path, code: Sequence[str]) -> str:
    """Hash our own modules and the versions of the libraries that workflow code runs on; 32 hexadecimal digits.

    Without an id Temporal hashes every loaded module, which takes a second, and of each only its top level: a changed function
    has the same id.
    """
    found = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in LIBRARIES).encode())
    paths = [path for name in code for path in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))]
    for path in sorted(paths):
        found.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()[:32]


def own_build() -> str:
    """Return the build id of this process's code."""
    return build_id(ROOT, CODE)

"""Two builds: this one, and a copy of it in which nodes of the graph have other names and the state has another field."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handrail.drills.bench.stack.checkout import Checkout, ours
from handrail.embedded.process import StackFailed

CODE = ("workflows", "activities", "graphs", "handrail")
RENAMED = {"guardrail": "rules", "approval": "persons_word"}
"""Nodes: every turn goes through the first, and cases wait at the second."""
FIELD = "    key: TurnKey | None = None\n"
ADDED = f'{FIELD}    edited_by: str = "a release"\n'


@dataclass(frozen=True, slots=True)
class Build:
    """A build, the variables that its processes need, and its name in the drill."""

    name: str
    checkout: Checkout
    environment: Mapping[str, str]


def this_build() -> Build:
    """Return the build that runs this code."""
    return Build("this build", ours(), {})


def edited_build(folder: Path) -> Build:
    """Write the other build into the folder. Raises: StackFailed: the code is no longer what the edit was made for."""
    here = ours()
    for name in CODE:
        shutil.copytree(here.folder / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(here.folder / "worker.py", folder)
    for place in ("case.py", "routes.py"):
        _edit(folder / "graphs" / place, {f'"{old}"': f'"{new}"' for old, new in RENAMED.items()})
    _edit(folder / "graphs" / "state.py", {FIELD: ADDED})
    return Build("edited build", Checkout("edited build", folder, here.python), {"PYTHONPATH": str(folder)})


def _edit(file: Path, changes: Mapping[str, str]) -> None:
    text = file.read_text()
    for old, new in changes.items():
        if old not in text:
            raise StackFailed(f"drill deploys: {file.name} does not hold {old.strip()!r} any more, which the drill edits.")
        text = text.replace(old, new)
    file.write_text(text)

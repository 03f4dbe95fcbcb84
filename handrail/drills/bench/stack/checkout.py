"""A folder with Handrail in it, and the interpreter that runs it: this one, or another to be measured beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import handrail
from handrail.domain.errors import InvalidInput

OURS, BESIDE = "this build", "beside"
ENCRYPTED, TRACED, WATCHED = "encrypted", "traced", "watched"
OURSELVES = (ENCRYPTED, TRACED, WATCHED)
"""Instead of a folder: this build itself, with something switched on that it does without in the other arm."""
WHERE = "import importlib.util as u; print(u.find_spec('worker').origin); print(u.find_spec('handrail').origin)"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The place of a build. Modules are run with `-P`, so that no working folder stands before its own.

    With a `master` key its histories are encrypted; `seen`: its workers serve figures and send spans.
    """

    name: str
    folder: Path
    python: Path
    master: str = field(default="", repr=False)
    seen: bool = False

    def run(self, module: str, *arguments: str) -> tuple[str, ...]:
        """Return the command that runs a module of this build."""
        return (str(self.python), "-P", "-m", module, *arguments)

    def describe(self) -> str:
        """Return the folder, with the commit where it is known."""
        sealed = (", histories encrypted" if self.master else "") + (", figures and traces on" if self.seen else "")
        asked = ("git", "-C", str(self.folder), "rev-parse", "--short", "HEAD")
        try:
            found = subprocess.run(asked, capture_output=True, text=True, timeout=10)  # noqa: S603 - git, by its own name
        except OSError:
            return f"{self.folder}{sealed}"
        commit = found.stdout.strip()
        return f"{self.folder} at {commit}{sealed}" if found.returncode == 0 and commit else f"{self.folder}{sealed}"


def ours() -> Checkout:
    """Return the build that runs this code."""
    return Checkout(OURS, Path(handrail.__file__).resolve().parents[1], Path(sys.executable))


def ourselves(how: str) -> Checkout:
    """Return the build that runs this code, once more: `encrypted`, `traced` with figures and traces, `watched` with all."""
    from handrail.vault.masters import new_master

    master = new_master() if how != TRACED else ""
    return replace(ours(), name=BESIDE, master=master, seen=how != ENCRYPTED)


def beside(folder: Path) -> Checkout:
    """Return the build in another folder, run by `.venv/bin/python` there.

    Raises:
        InvalidInput: there is no environment, or it runs a Handrail that lies elsewhere.
    """
    folder = folder.resolve()
    python = folder / ".venv" / "bin" / "python"
    if not python.exists():
        raise InvalidInput(f"--beside: {python} does not exist. Run `make setup` in {folder}.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found = subprocess.run(  # noqa: S603 - the interpreter that was named
        [str(python), "-P", "-c", WHERE], capture_output=True, text=True, timeout=60, env=environment, cwd="/"
    )
    places = [Path(line).resolve() for line in found.stdout.splitlines()]
    if found.returncode or not places or not all(place.is_relative_to(folder) for place in places):
        raise InvalidInput(
            f"--beside: the environment of {folder} does not run that folder's Handrail. Run `make setup` there."
        )
    return Checkout(BESIDE, folder, python)

"""The data folder: ours, writable, of a layout we know, and used by one stack at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from handrail.domain.ownership import belongs_to_another
from handrail.embedded.process import StackFailed
from handrail.embedded.state import last, leftovers

LAYOUT = 1
LAYOUT_FILE = "layout"
LOCK_FILE = "stack.lock"
OWNER_FILE = "business.json"
LEFTOVER_SECONDS = 15.0


@contextmanager
def occupied(data_dir: Path) -> Iterator[Path]:
    """Hold the folder, created when missing, for this process alone; what a killed stack left running is ended first.

    Raises:
        StackFailed: foreign, newer, not writable, or another stack runs in it.
    """
    folder = check_folder(data_dir)
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        take(lock, folder)
        end_leftovers(folder)
        yield folder
    finally:
        os.close(lock)


def check_folder(data_dir: Path) -> Path:
    """The folder as an absolute path, created and marked as ours on first use.

    Raises:
        StackFailed: foreign, newer or not writable.
    """
    folder = data_dir.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_layout(folder)
        os.close(os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        remedy = "Make it a folder that you can write to, or name another with --data-dir."
        raise StackFailed(f"{folder}: {error.strerror}. {remedy}") from error
    return folder


def check_layout(folder: Path) -> None:
    """Mark a new folder as ours; refuse a stranger's and a newer one's."""
    mark = folder / LAYOUT_FILE
    if not mark.exists():
        strangers = sorted(path.name for path in folder.iterdir())
        if strangers:
            raise StackFailed(
                f"{folder} is not a Handrail data folder (it holds {', '.join(strangers[:3])}). "
                "Name an empty one with --data-dir."
            )
        mark.write_text(f"{LAYOUT}\n")
    found = mark.read_text().strip()
    if found != str(LAYOUT):
        raise StackFailed(
            f"{folder} has layout {found[:20] or 'unknown'}, this Handrail knows {LAYOUT}. "
            "Use the Handrail that wrote it, or name another folder with --data-dir."
        )


class Owner(BaseModel):
    """The owner of a data folder: the business's name, and the package that HANDRAIL_BUSINESS named."""

    name: str
    package: str = ""


def stamp(folder: Path, name: str, package: str) -> None:
    """Mark the folder as the business's, once its database is."""
    fresh = folder / f".{OWNER_FILE}.new"
    fresh.write_text(Owner(name=name, package=package).model_dump_json() + "\n")
    fresh.replace(folder / OWNER_FILE)


def check_owner(folder: Path, name: str) -> None:
    """Raises: StackFailed: the folder is another business's; says whose, and how to go on with it."""
    try:
        owner = Owner.model_validate_json((folder / OWNER_FILE).read_text())
    except FileNotFoundError:
        return
    except (OSError, ValidationError) as error:
        raise StackFailed(
            f"{folder / OWNER_FILE}: cannot be read ({type(error).__name__}). Restore it, or remove it."
        ) from error
    if owner.name != name:
        raise StackFailed(belongs_to_another(str(folder), owner.name, owner.package, name))


def take(lock: int, folder: Path) -> None:
    """The lock is the kernel's: it goes with the process, however that ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stack = last(folder)
        pid = f" (pid {stack.supervisor.pid})" if stack and stack.supervisor.find() else ""
        raise StackFailed(f"a stack{pid} runs in {folder} already. Stop it: handrail down --data-dir {folder}") from error


def end_leftovers(folder: Path) -> None:
    """Wait for the children of a killed supervisor, which are told to end with it; then kill them."""
    found = list(leftovers(folder).values())
    _, alive = psutil.wait_procs(found, timeout=LEFTOVER_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)

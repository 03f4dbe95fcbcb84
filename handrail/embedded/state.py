"""`stack.json` in the data folder: what runs there, for `status`, `down` and everyone who looks for addresses."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    import psutil

FILE = "stack.json"
SAME_START_SECONDS = 2.0
ADDRESSES = ("temporal_address", "temporal_ui", "database_url", "model", "api", "desk", "chat", "customer", "supervisor")
"""Fields of a stack that are null where none runs."""


class StackState(StrEnum):
    """The state of a stack."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Process(BaseModel):
    """A process, told from a later one of the same number by its start in epoch seconds."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this number now. Raises: psutil.NoSuchProcess."""
        import psutil

        return cls(pid=pid, started=psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process, while it lives."""
        import psutil

        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < SAME_START_SECONDS and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


class Stack(BaseModel):
    """A stack and where to reach it. `database_url` holds the password; the file is for its owner only.

    `customer` is a test customer whom its business knows, `chat` that customer's page with the chat on it. `figures` is where
    processes serve figures, HOST:PORT by their names.
    """

    data_dir: Path
    state: StackState
    port_base: int
    temporal_address: str
    temporal_ui: str
    database_url: str
    model: str
    api: str = ""
    desk: str = ""
    chat: str = ""
    customer: str = ""
    encrypts: bool = False
    figures: dict[str, str] = {}
    supervisor: Process
    processes: dict[str, Process] = {}

    def write(self) -> None:
        """Replace the file as a whole; readers see the old one or the new one."""
        fresh = self.data_dir / f".{FILE}.new"
        with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self.model_dump_json(indent=2) + "\n")
        fresh.replace(self.data_dir / FILE)


def last(data_dir: Path) -> Stack | None:
    """The stack that runs, or ran last, in the folder."""
    try:
        return Stack.model_validate_json((data_dir / FILE).read_text())
    except (OSError, ValidationError):
        return None


def running(data_dir: Path) -> Stack | None:
    """The stack that runs in the folder now, if any."""
    stack = last(data_dir)
    return stack if stack and stack.supervisor.find() else None


def leftovers(data_dir: Path) -> dict[str, psutil.Process]:
    """Processes of a stack whose supervisor is gone."""
    stack = last(data_dir)
    if stack is None or stack.supervisor.find():
        return {}
    found = {name: process.find() for name, process in stack.processes.items()}
    return {name: process for name, process in found.items() if process}

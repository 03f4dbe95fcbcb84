"""The worker as a child process of the stack."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handrail.background import build_file, trouble_file
from handrail.embedded.process import Command

RUN = "run"
"""The folder of a stack in which its workers tell of themselves."""
WORD = "HANDRAIL_SERVERS_FILE"
"""The variable that names the file for which a worker waits; `handrail.wiring.cases.ahead` reads it."""
UNVERSIONED = {"HANDRAIL_VERSIONED": "false"}
"""A worker gets cases at once where nobody is there to promote it."""
YIELDS = 5
"""The niceness of a worker: callers wait for the servers and the API, whose pieces are short, and its own are long."""
MAIL = ("HANDRAIL_MAIL_IMAP", "HANDRAIL_MAIL_SMTP")
"""The variables of which each turns mail on: the first reads a mailbox, the other sends alone."""


@dataclass(frozen=True, slots=True)
class Worker:
    """`python -m worker`, ready once `run_dir/<name>.ready` holds its process id.

    `environment` is asked at every start: what it says of the other parts is known only when they stand.
    `program` is another that tells of itself in the same way.
    """

    run_dir: Path
    environment: Callable[[], Mapping[str, str]]
    name: str = "worker"
    needs: tuple[str, ...] = ("postgres", "temporal", "model", "migrations")
    program: tuple[str, ...] = (sys.executable, "-m", "worker")

    @property
    def ready_file(self) -> Path:
        """The file in which the worker says that it polls."""
        return self.run_dir / f"{self.name}.ready"

    def prepare(self) -> None:
        """Forget the previous worker's word."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        for file in (self.ready_file, build_file(self.ready_file), trouble_file(self.ready_file)):
            file.unlink(missing_ok=True)

    def command(self) -> Command:
        return Command(
            argv=self.program,
            environment={**UNVERSIONED, **self.environment(), "HANDRAIL_READY_FILE": str(self.ready_file)},
            grace=20.0,
            niceness=YIELDS,
        )

    async def ready(self, pid: int) -> bool:
        """Return whether the worker polls for work: it writes its process id when it does."""
        try:
            return self.ready_file.read_text().strip() == str(pid)
        except FileNotFoundError:
            return False


@dataclass(frozen=True, slots=True)
class EarlyWorker(Worker):
    """A worker that loads while its servers start, and is told where they are when they stand.

    `own` are variables that differ from worker to worker.
    """

    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def word(self) -> Path:
        """The file in which the worker is told: variables that its own environment lacks."""
        return self.run_dir / f"{self.name}.servers"

    def prepare(self) -> None:
        """Forget the previous worker's word, and what it was told."""
        Worker.prepare(self)
        self.word.unlink(missing_ok=True)

    def command(self) -> Command:
        """The program with the variables that are known already."""
        return Command(
            argv=self.program,
            environment={**os.environ, **self.own, "HANDRAIL_READY_FILE": str(self.ready_file), WORD: str(self.word)},
            grace=20.0,
            niceness=YIELDS,
        )

    def go(self) -> None:
        """Tell the worker that what it needs stands. The file holds the database's password: its owner alone reads it."""
        told = {name: value for name, value in self.environment().items() if os.environ.get(name) != value}
        fresh = self.word.with_suffix(".new")
        with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(told, file)
        fresh.replace(self.word)


def mail_part(run_dir: Path, environment: Callable[[], Mapping[str, str]]) -> Worker:
    """Return `handrail mail run` as a part of the stack, ready once it reads and sends."""
    return Worker(
        run_dir,
        environment,
        name="mail",
        needs=("postgres", "temporal", "migrations"),
        program=(sys.executable, "-m", "handrail.cli.main", "mail", "run"),
    )

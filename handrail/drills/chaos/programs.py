"""Programs of parts: their own, or those of mutants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handrail.drills.bench.stack.checkout import ours
from handrail.drills.chaos.mutants import Mutant, of
from handrail.embedded.api import Api
from handrail.embedded.process import Command
from handrail.embedded.worker import WORD, Worker

MUTANTS = "handrail.drills.chaos.work"


@dataclass(frozen=True, slots=True)
class MutantApi(Api):
    """The API without some of its protections."""

    program: tuple[str, ...] = ()

    def command(self) -> Command:
        """See base class."""
        return replace(Api.command(self), argv=self.program)


@dataclass(frozen=True, slots=True)
class ReliefWorker(Worker):
    """A worker that loads what it needs once it is started, and works once it is told to."""

    @property
    def word(self) -> Path:
        """The file for which it waits."""
        return self.run_dir / f"{self.name}.servers"

    def prepare(self) -> None:
        """See base class."""
        Worker.prepare(self)
        self.word.unlink(missing_ok=True)

    def command(self) -> Command:
        """See base class."""
        own = Worker.command(self)
        return replace(own, environment={**own.environment, WORD: str(self.word)})

    def go(self) -> None:
        """Tell it to work: its environment says the rest."""
        fresh = self.word.with_suffix(".new")
        fresh.write_text("{}")
        fresh.replace(self.word)


def run_as(part: str, mutants: Sequence[Mutant], *program: str) -> tuple[str, ...]:
    """Return the command of a part: its own program, or that of the mutants of it."""
    broken = of(part, mutants)
    return ours().run(MUTANTS, part, *broken) if broken else ours().run(*program) if program else ()

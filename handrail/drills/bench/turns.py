"""An arm's turn, and a measure as the turns that belong together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from handrail.drills.bench.measures import Measure
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Cell, Round
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.arms import OBVIOUS
from handrail.drills.bench.work.serve import QUEUES

DO_NOTHING, AGAIN = "do nothing", "do nothing, again"
ACTIVITY, APP, HANDRAIL = "one activity", "obvious app", "handrail"
Work = Callable[[], Awaitable[Round]]


@dataclass(frozen=True, slots=True)
class BenchTurn:
    """An arm on a side: what it does when its turn comes, and what came of it."""

    cell: Cell
    work: Work

    @property
    def label(self) -> str:
        """The arm and its side, for people."""
        return f"{self.cell.arm}, {self.cell.side}"


@dataclass(frozen=True, slots=True)
class BenchPromise:
    """A figure of an arm that may be `at_most` so many times that of another."""

    arm: str
    of: str
    figure: str
    at_most: float


@dataclass(frozen=True, slots=True)
class Group:
    """A measure. `control` are turns of one kind of work; `others` are measured against them and one another."""

    measure: Measure
    control: list[BenchTurn]
    others: list[BenchTurn] = field(default_factory=list)
    promises: Sequence[BenchPromise] = ()

    def order(self, number: int) -> list[BenchTurn]:
        """Return the turns of a round: the first control opens it, the others close it; every second one runs backwards."""
        others = self.others if number % 2 == 0 else self.others[::-1]
        return [*self.control[:1], *others, *self.control[1:]]

    @property
    def turns(self) -> list[BenchTurn]:
        """All of them, the control first."""
        return [*self.control, *self.others]


def turn(group: Group, arm: str, side: Side, work: Work, *, timed: bool = False) -> BenchTurn:
    """Return a turn of the group's measure."""
    return BenchTurn(Cell(measure=group.measure, arm=arm, side=side.name, timed=timed), work)


def bound(work: Callable[[Side], Awaitable[Round]], side: Side) -> Work:
    """Return the work on that side."""
    return lambda: work(side)


def many(side: Side, workflow: str, count: int, in_flight: int) -> Awaitable[Round]:
    """Run an arm's workflow under load."""
    queue = QUEUES["obvious" if workflow == OBVIOUS else "nothing"]
    return loads.workflows(side, workflow, queue, count, in_flight)

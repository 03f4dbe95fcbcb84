"""The plan of a bench: what to measure, how much of it and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from handrail.drills.bench.measures import EVERYTHING, Measure

LEAST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pieces of work in one turn of an arm. `decisions` come `per_second`, cases over HTTP `front_per_second`.

    `streams` are open at once while `replies` come; `backlog` cases wait while each page is looked at so often: `looks`.
    """

    nothing: int = 500
    obvious: int = 200
    cases: int = 150
    single: int = 20
    messages: int = 200
    decisions: int = 60
    histories: int = 5
    per_second: float = 10.0
    front: int = 60
    front_per_second: float = 20.0
    streams: int = 500
    replies: int = 100
    backlog: int = 20_000
    looks: int = 20
    in_flight: int = 50
    warm: int = 20


QUICK = Sizes(
    nothing=80,
    obvious=20,
    cases=12,
    single=4,
    messages=20,
    decisions=15,
    histories=2,
    front=20,
    replies=40,
    looks=10,
    in_flight=12,
    warm=12,
)


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """A whole bench. `beside` is a checkout or one of `OURSELVES`; `soak` and `waiting` are numbers of cases, 0 for none.

    `profile`: say also what the worker's processor time goes into.
    """

    measures: tuple[Measure, ...] = EVERYTHING
    rounds: int = LEAST_ROUNDS
    sizes: Sizes = field(default_factory=Sizes)
    processes: int = 2
    beside: Path | None = None
    soak: int = 0
    waiting: int = 0
    profile: bool = False
    latency_seconds: float = 0.8
    latency_spread: float = 0.4

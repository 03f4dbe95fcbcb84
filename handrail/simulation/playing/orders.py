"""Orders to a process that plays, a day each, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from handrail.domain.autonomy.controls import Control
from handrail.simulation.plan import PlantedKind


@dataclass(frozen=True, slots=True)
class DayOrders:
    """A day to play: its number, the controls in force when it begins, and the planted events that are going on."""

    number: int
    controls: tuple[Control, ...] = ()
    events: frozenset[PlantedKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Harm:
    """The harm of an event to a customer: a wrong answer or ruling (`wrong`), or a wait for people instead."""

    kind: PlantedKind
    customer_id: str
    wrong: bool


@dataclass(slots=True)
class DayPlayed:
    """A day as a process played it. `rows` are those of the record, by table; `cpu` are seconds of its processor."""

    cases: int = 0
    turns: int = 0
    reviews: int = 0
    cpu: float = 0.0
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    harms: set[Harm] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

"""The plan of a simulation: how long, how many cases a day, and which events on which day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from handrail.domain.errors import InvalidInput

BEGINS = date(2025, 1, 6)
"""The first simulated day, a Monday: a simulation lies wholly in the past, so that nothing in it is of the future."""
QUIET_DAYS = 35
"""Days before day 1, from which baselines are learned."""
LONGEST = 365


class PlantedKind(StrEnum):
    """A planted event."""

    MODEL = "model"
    POLICY = "policy"
    NOVEL = "novel"


class Mistake(StrEnum):
    """The mistake in a policy: it holds what it should not, blocks it, or lets through what it should hold."""

    HOLDS = "holds"
    BLOCKS = "blocks"
    LETS_THROUGH = "lets-through"


WORDS = {
    PlantedKind.MODEL: "the upstream model changes quietly",
    PlantedKind.POLICY: "a policy is edited by mistake",
    PlantedKind.NOVEL: "a new kind of request appears",
}
WITHIN = {PlantedKind.MODEL: 7, PlantedKind.POLICY: 3, PlantedKind.NOVEL: 7}
"""Days within which an event is to be noticed, the day on which it begins being the first."""


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """An event that begins on a day, counted from 1."""

    kind: PlantedKind
    day: int


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """A simulation. `reaction` is how many days its people take from an alarm until its cause is out of the world."""

    days: int = 90
    seed: int = 1
    volume: int = 300
    events: tuple[PlantedEvent, ...] = field(
        default=(
            PlantedEvent(PlantedKind.MODEL, 20),
            PlantedEvent(PlantedKind.POLICY, 45),
            PlantedEvent(PlantedKind.NOVEL, 60),
        )
    )
    mistake: Mistake = Mistake.BLOCKS
    reaction: int = 4
    quiet: int = QUIET_DAYS

    @property
    def planted(self) -> tuple[PlantedEvent, ...]:
        """The events within these days."""
        return tuple(one for one in self.events if one.day <= self.days)

    def day(self, number: int) -> date:
        """The day of that number; day 1 is behind the quiet ones, which are 0 and below."""
        return BEGINS + timedelta(days=self.quiet + number - 1)

    def begins(self, number: int) -> datetime:
        """The first moment of the day, UTC."""
        return datetime.combine(self.day(number), time(), tzinfo=UTC)

    def number(self, day: date) -> int:
        """The number of a day."""
        return (day - BEGINS).days - self.quiet + 1

    def check(self) -> SimulationPlan:
        """The plan itself. Raises: InvalidInput: a number in it cannot be."""
        if not 1 <= self.days <= LONGEST:
            raise InvalidInput(f"--days: {self.days} is not between 1 and {LONGEST}.")
        if not 20 <= self.volume <= 20_000:
            raise InvalidInput(f"--cases: {self.volume} a day is not between 20 and 20,000.")
        return self

"""The result of a simulation: what was noticed when and by what, what the governor did, who was affected."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from handrail.domain.base import Stored
from handrail.simulation.plan import Mistake, PlantedKind


class EventNoticed(Stored):
    """An alarm about an event: the day at whose end it was raised, and how many days that took, the first one counted."""

    day: int
    days: int
    series: str
    words: str


class Affected(Stored):
    """Customers whom an event touched: with a wrong answer or ruling, or with a wait for people instead of an answer."""

    wrong: int = 0
    waited: int = 0


class StepTaken(Stored):
    """A step of the governor about an event, on the day at whose end it was taken."""

    day: int
    kind: str
    topic: str
    level: str


class EventResult(Stored):
    """A planted event, and what became of it; `within` is how many days it may take until all cases show it."""

    kind: PlantedKind
    day: int
    words: str
    within: int
    noticed: EventNoticed | None = Field(default=None, description="the first alarm about it")
    on_all_cases: EventNoticed | None = Field(default=None, description="the first one of a series over all cases")
    mended_on: int | None = None
    steps: list[StepTaken] = Field(default_factory=list)
    governed: Affected = Field(default_factory=Affected)
    ungoverned: Affected = Field(default_factory=Affected)

    @property
    def in_time(self) -> bool:
        """True if a series over all cases alarmed within the days that it may take."""
        return self.on_all_cases is not None and self.on_all_cases.days <= self.within


class FalseAlarm(Stored):
    """An alarm while nothing was planted."""

    day: int
    series: str
    words: str


class SimulatedSeed(Stored):
    """The result of one seed. Counts are of the run with the governor, where nothing else is said."""

    seed: int
    days: int
    quiet_days: int
    cases: int
    reviews: int
    reviews_ungoverned: int
    watched: int = Field(description="series that could alarm")
    mistake: Mistake
    events: list[EventResult] = Field(default_factory=list)
    false_alarms: list[FalseAlarm] = Field(default_factory=list)
    false_alarms_ungoverned: list[FalseAlarm] = Field(default_factory=list)
    failures: list[str] = Field(default_factory=list, description="turns that failed: there should be none")


@dataclass(slots=True)
class Speed:
    """The speed of a simulation: cases that were played, in all runs, and where the seconds went."""

    cases: int = 0
    processes: int = 0
    seconds: float = 0.0
    playing_seconds: float = 0.0
    playing_cpu_seconds: float = 0.0
    record_seconds: float = 0.0
    watching_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Cases a second of the clock."""
        return self.cases / self.seconds if self.seconds else 0.0

    @property
    def cpu_milliseconds(self) -> float:
        """Milliseconds of a processor for a case."""
        return 1_000 * self.playing_cpu_seconds / self.cases if self.cases else 0.0


class SimulationReport(Stored):
    """The results of all seeds."""

    seeds: list[SimulatedSeed]

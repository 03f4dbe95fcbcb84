"""Results of the bench, as models: rounds of cells, ratios, single readings. Times in milliseconds, memory in MB."""

from __future__ import annotations

from statistics import median

from pydantic import Field

from handrail.domain.base import Stored
from handrail.drills.bench.statistics.figures import Ratio, mad, percentile


class Round(Stored):
    """One turn of one arm. `cpu_ms` is processor time per piece of work, by part of the stack; `strays` went another way."""

    count: int
    seconds: float
    latencies_ms: list[float] = Field(default_factory=list)
    cpu_ms: dict[str, float] = Field(default_factory=dict)
    strays: int = 0

    @property
    def rate(self) -> float:
        """Pieces of work per second."""
        return self.count / self.seconds


class Cell(Stored):
    """All rounds of an arm on a side, within a measure. A latency counts where `timed`, else a rate."""

    measure: str
    arm: str
    side: str
    timed: bool = False
    rounds: list[Round] = Field(default_factory=list)

    @property
    def values(self) -> list[float]:
        """A value per round: its rate, or its median latency."""
        return [median(one.latencies_ms) if self.timed else one.rate for one in self.rounds]

    @property
    def middle(self) -> float:
        """The median over the rounds."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """The median distance of the rounds from it."""
        return mad(self.values)

    @property
    def strays(self) -> int:
        """The number of cases, over all rounds, that went another way than they should."""
        return sum(one.strays for one in self.rounds)

    @property
    def last(self) -> str:
        """The newest round's result, for people."""
        return f"{self.values[-1]:.0f} ms" if self.timed else f"{self.values[-1]:.1f} per second"

    def latency(self, share: float) -> float:
        """Return a percentile over all rounds."""
        return percentile([value for one in self.rounds for value in one.latencies_ms], share)

    def cpu(self, part: str) -> float:
        """Return the median processor time of a part per piece of work."""
        return median(one.cpu_ms.get(part, 0.0) for one in self.rounds)


class Compared(Stored):
    """A figure of one arm over the same figure of another; no ratio where arms of the same kind disagreed."""

    measure: str
    figure: str
    arm: str
    of: str
    ratio: Ratio | None = None
    refused: list[str] = Field(default_factory=list)
    at_most: float | None = None
    """The most that the ratio may be; None where nothing is promised."""


class Reading(Stored):
    """A figure that is taken once for a side."""

    figure: str
    side: str
    value: float
    unit: str = ""
    at_most: float | None = None
    """The most that it may be; None where nothing is promised."""


class PartShare(Stored):
    """A part of the worker's cost: milliseconds of processor time per case, and its share of the whole."""

    part: str
    ms: float
    share: float


class Machine(Stored):
    """The machine of a run. `load` is the load average over a minute, before anything was started."""

    system: str
    python: str
    cores: int
    load: float


class Bench(Stored):
    """Everything that was found."""

    machine: Machine
    sides: dict[str, str]
    rounds: int
    seconds: float = 0.0
    cells: list[Cell] = Field(default_factory=list)
    compared: list[Compared] = Field(default_factory=list)
    readings: list[Reading] = Field(default_factory=list)
    profile: list[PartShare] = Field(default_factory=list)

    @property
    def refused(self) -> list[str]:
        """The reasons why ratios are missing, each once."""
        return list(dict.fromkeys(f"{one.measure}: {reason}" for one in self.compared for reason in one.refused))

"""The report of a hostile run, as it is printed."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.base import Stored


class HostileExample(Stored):
    """A counter-example: where an invariant did not hold, what had been proposed last, and what was seen."""

    seed: int
    step: int
    doing: str
    proposed: list[str]
    seen: str


class HeldInvariant(Stored):
    """An invariant, how many things it was held against, and where it does not hold."""

    name: str
    looked_at: int = 0
    broken: list[HostileExample] = Field(default_factory=list)


class SlowestStep(Stored):
    """The step that took the most of the processor."""

    seconds: float = 0.0
    step: int = 0
    doing: str = ""
    proposed: list[str] = Field(default_factory=list)


class HostileReport(Stored):
    """A whole run. `proposals` are what the model's server proposed; `ruled` are those on which the graph ruled, by ruling."""

    seed: int
    mutant: str | None
    proposals: int
    steps: int
    cases: int
    seconds: float
    kinds: dict[str, int]
    ruled: dict[str, int]
    decisions: dict[str, int]
    effects: dict[str, int]
    approved_effects: int
    replies: int
    reasons: dict[str, int]
    statuses: dict[str, int]
    audited: int
    slowest: SlowestStep
    invariants: list[HeldInvariant]

    @property
    def passed(self) -> bool:
        """Return whether every invariant holds."""
        return not any(one.broken for one in self.invariants)

"""The sample of a day's ended cases: by topic and risk, each case with the probability with which it was drawn."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from handrail.domain.base import Model, Stored

AT_LEAST = 80
"""Cases that are drawn a day at least, or all where there are fewer."""
PEOPLE_AT_LEAST = 10
"""Cases of them that people label at least, or all."""


class CaseRisk(StrEnum):
    """The riskiest thing that happened in a case, by code alone; the first that fits counts."""

    ESCALATED = "escalated"
    EFFECT = "effect"
    POLICY_HIT = "policy_hit"
    LOW_CONFIDENCE = "low_confidence"
    PLAIN = "plain"


class Oversampling(Model):
    """The weight of each risk where the day's cases are shared out: 3 draws a case three times as often as 1 would."""

    escalated: float = Field(default=2.0, ge=1, le=100)
    effect: float = Field(default=3.0, ge=1, le=100)
    policy_hit: float = Field(default=3.0, ge=1, le=100)
    low_confidence: float = Field(default=2.0, ge=1, le=100)
    plain: float = Field(default=1.0, ge=1, le=100)

    def of(self, risk: CaseRisk) -> float:
        """Return the weight of a risk."""
        return float(getattr(self, risk.value))


class QualitySettings(Model):
    """The whole of `quality.yaml`.

    `per_day` cases are drawn of those that ended on a day, `minimum_per_stratum` of each topic and risk where there are so
    many. `people_share` of the drawn ones, and at least `people_minimum`, are for people to label. A case whose answer was
    less sure than `low_confidence` is risky. A reply that goes to more than `repeated_to` customers a day is canned.
    """

    version: Literal[1] = 1
    per_day: int = Field(default=200, ge=AT_LEAST, le=100_000)
    minimum_per_stratum: int = Field(default=3, ge=1, le=1_000)
    people_share: float = Field(default=0.1, ge=0, le=1)
    people_minimum: int = Field(default=PEOPLE_AT_LEAST, ge=PEOPLE_AT_LEAST, le=100_000)
    low_confidence: float = Field(default=0.6, ge=0, le=1)
    repeated_to: int = Field(default=20, ge=1, le=1_000_000)
    oversampling: Oversampling = Field(default_factory=Oversampling)


class EndedCase(Stored):
    """A case that ended on the day, as the sample sees it."""

    case_id: str
    topic: str
    risk: CaseRisk

    @property
    def stratum(self) -> str:
        """The cases that are drawn alike."""
        return f"{self.topic}/{self.risk.value}"


class DrawnCase(Stored):
    """A case of the sample.

    `probability` is how likely it was to be drawn, `people_probability` how likely to be drawn and given to people;
    `stratum_drawn` of its `stratum_cases` were drawn, this one at `place`.
    """

    day: date
    case_id: str
    topic: str
    risk: CaseRisk
    stratum_cases: int
    stratum_drawn: int
    place: int
    probability: float
    for_people: bool
    people_probability: float

    @property
    def stratum(self) -> str:
        """The cases that are drawn alike."""
        return f"{self.topic}/{self.risk.value}"


class StratumReport(Stored):
    """A stratum of a day: how many cases it has, and how many of them were drawn, given to people and scored."""

    stratum: str
    cases: int
    drawn: int
    for_people: int
    scored: int


class SampleReport(Stored):
    """The sample of a day, as it is shown."""

    day: date
    drawn_on: bool = Field(description="whether the day's sample was drawn")
    cases: int
    drawn: int
    for_people: int
    scored: int
    strata: list[StratumReport] = Field(default_factory=list)
    sample: list[DrawnCase] = Field(default_factory=list)

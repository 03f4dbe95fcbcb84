"""Indicators of what became of cases: how they are defined, and what a period's cases say about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from handrail.domain.base import Model, Stored
from handrail.domain.team.hours import Zone

CHANNEL = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class Statistic(StrEnum):
    """The figure that an indicator gives: a share, or the mean or median of a value."""

    RATE = "rate"
    MEAN = "mean"
    MEDIAN = "median"


class Better(StrEnum):
    """The direction in which an indicator is good news; `none` where it is news alone."""

    HIGH = "high"
    LOW = "low"
    NONE = "none"


class IndicatorDefinition(Model):
    """The definition of one indicator; its name is that of the view `handrail.outcome_NAME`.

    `matures_after_hours` count from the moment that the view gives; before that a case counts for nothing.
    """

    version: int = Field(ge=1)
    statistic: Statistic
    title: str = Field(min_length=1, max_length=120)
    numerator: str = Field(min_length=1)
    denominator: str = Field(min_length=1)
    matures_after_hours: float = Field(ge=0, le=8_760)
    better: Better = Better.NONE


class OutcomeDefinitions(Model):
    """The whole of `outcomes.yaml`; `survey_share` is the part of all ended cases whose customers are asked for a rating."""

    version: Literal[1] = 1
    zone: Zone = "UTC"
    minimum: int = Field(default=30, ge=2, le=100_000)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    resamples: int = Field(default=1_000, ge=200, le=10_000)
    survey_share: float = Field(default=0.5, ge=0, le=1)
    excluded_channels: list[str] = Field(default_factory=list)
    indicators: dict[str, IndicatorDefinition] = Field(min_length=1)


class Dimension(StrEnum):
    """The ways to tell cases apart."""

    TOPIC = "topic"
    TIER = "tier"
    LANGUAGE = "language"
    CHANNEL = "channel"
    MODEL = "model"
    PROMPT = "prompt"
    POLICY = "policy"
    GRAPH = "graph"
    HANDLED_BY = "handled_by"
    RELEASE = "release"


class IndicatorResult(Stored):
    """An indicator over one group of a period's cases.

    `n` is what counts: the denominator of a rate, the cases of a mean. `immature` cases count for nothing yet. `value`, `low`
    and `high` are None where `n` is below the minimum; rates are parts of 1, times are seconds.
    """

    indicator: str
    version: int
    title: str
    statistic: Statistic
    better: Better
    group: str | None = Field(default=None, description="the value of the dimension; None where it is not known, or not asked")
    n: int
    numerator: float | None = None
    customers: int
    immature: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    statement: str = Field(description="in words")
    view: str = Field(description="the view of the record that it is computed from")


class ReliabilityBin(Stored):
    """Mature cases of one stretch of confidence: what the model said of itself, and how often its answer held up."""

    low: float
    high: float
    n: int
    confidence: float | None = None
    held_up: float | None = None
    held_up_low: float | None = None
    held_up_high: float | None = None


class OutcomeReport(Stored):
    """The indicators of the cases that were opened in a period, `since` up to and without `until`."""

    since: datetime
    until: datetime
    as_of: datetime
    zone: str
    definitions: str = Field(description="the hash of the definitions' file")
    confidence: float = Field(default=0.95, description="of the intervals")
    by: Dimension | None = None
    cases: int
    excluded: int = Field(description="cases of excluded channels, which count for nothing")
    indicators: list[IndicatorResult] = Field(default_factory=list)
    reliability: list[ReliabilityBin] = Field(default_factory=list)


class IndicatorTally(Stored):
    """The count of one indicator over one group: mature cases, and the figure that they give.

    `value`, `low` and `high` are None where they are too few to say anything.
    """

    indicator: str
    group: str | None = None
    n: int
    numerator: float = 0
    customers: int
    immature: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PackedOutcomes:
    """Outcomes of cases by column: big-endian numbers, one for each case, by `handrail.packed_outcomes`.

    `excluded_at` are moments of cases that have no other column. `groups` are values of a dimension with how many cases on
    end have it; a single one where no dimension was asked for.
    """

    columns: Mapping[str, bytes]
    groups: Sequence[tuple[str | None, int]]


class Period(Stored):
    """The cases that are looked at: opened from `since` up to and without `until`, counted as of `as_of`."""

    since: datetime
    until: datetime
    as_of: datetime


class ReliabilityTally(Stored):
    """The count of mature cases of one tenth of confidence; `tenth` is 0 to 9."""

    tenth: int
    n: int
    confidence: float
    held_up: int


class OutcomeCounts(Stored):
    """The counts of a period out of the record."""

    cases: int
    excluded: int
    tallies: list[IndicatorTally] = Field(default_factory=list)
    reliability: list[ReliabilityTally] = Field(default_factory=list)

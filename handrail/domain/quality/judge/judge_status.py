"""The standing of a judge: each criterion's gate, and what its verdicts say of all cases where they count."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.quality.judge.calibration import GateStanding, MeasuredRate


class CriterionStatus(Stored):
    """A criterion over a period: how many sampled cases were judged, and the share of cases that fail.

    `raw` is what the judge says, weighted by how cases were sampled; `corrected` is that without the judge's errors, with
    an interval that carries those of the sample and of the calibration. None: unmeasured, which `statement` explains.
    """

    criterion: str
    question: str
    gate: GateStanding
    since: datetime | None = Field(default=None, description="since when the gate stands open; None where it is closed")
    sampled: int
    judged: int
    unmeasured: int
    left: int = Field(description="sampled cases that were not judged")
    labels: int
    labels_wanted: int
    raw: MeasuredRate | None = None
    corrected: MeasuredRate | None = None
    statement: str


class JudgedRate(Stored):
    """The share of one day's cases that fail by a criterion, without the judge's errors, with its interval.

    `cases` are so many of equal weight as would say the same; `raw` is what the judge says.
    """

    day: date
    criterion: str
    cases: float
    raw: float
    value: float
    low: float
    high: float


class JudgeStatus(Stored):
    """The judge over the samples of the days `since` to `until`, both included; `judge` is None where none is set."""

    judge: str | None
    rubric: str = Field(description="the hash of the rubric's file")
    since: date
    until: date
    criteria: list[CriterionStatus]

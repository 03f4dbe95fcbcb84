"""Calibration: how well a judge agrees with people on a criterion, and whether its verdicts count now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.llm.agent import Usage
from handrail.domain.llm.names import spelled
from handrail.domain.quality.judge.rubric import GateTerms


class Spent(Stored):
    """The cost of judging so far; 0 USD where no price is known."""

    calls: int = 0
    cost_usd: float = 0.0

    def plus(self, usage: Usage) -> Spent:
        """Return the sum."""
        return Spent(calls=self.calls + usage.calls, cost_usd=self.cost_usd + usage.cost_usd)


class MeasuredRate(Stored):
    """A figure with its interval; `value` is None where there is nothing to tell it from. `size`: see the calibration."""

    value: float | None = None
    low: float = 0.0
    high: float = 1.0
    size: float = 0.0


class GateEvent(StrEnum):
    """The events in a gate's life: a calibration, and what closes it between two."""

    CALIBRATED = "calibrated"
    CLOSED = "closed"


class CalibrationRecord(Stored):
    """A calibration as it is kept, or the closing of a gate. The newest of a criterion counts.

    Sensitivity and specificity are over the held-out half, weighted by how cases were chosen; kappa is over the labelled
    cases of that half as they are. `model` is the name under which the judge answered.
    """

    criterion: str
    judge: str
    model: str = ""
    event: GateEvent = GateEvent.CALIBRATED
    opened: bool = False
    labels: int = 0
    cannot_say: int = 0
    unmeasured: int = Field(default=0, description="labelled cases of the held-out half on which the judge gave no verdict")
    cases: int = Field(default=0, description="cases of the held-out half that count")
    fails: int = 0
    sensitivity: MeasuredRate = Field(default_factory=MeasuredRate)
    specificity: MeasuredRate = Field(default_factory=MeasuredRate)
    kappa: MeasuredRate = Field(default_factory=MeasuredRate)
    pairs: int = 0
    human_kappa: MeasuredRate = Field(default_factory=MeasuredRate)
    reasons: list[str] = Field(default_factory=list)
    at: datetime
    expires_at: datetime


class GateOpening(Stored):
    """The newest calibration that opened a criterion's gate, and since when it has stood open for the same judge.

    `since_id` is the first of the unbroken row of calibrations that opened it, `since` when that was.
    """

    criterion: str
    judge: str
    calibration_id: int
    since_id: int
    since: datetime


class JudgedTerms(Stored):
    """The terms of a criterion's series while its gate is open: by which judge, since when, and how often that is right.

    `version` is the calibration with which the gate opened: what another judge said, or this one before it moved, is another
    series. `topics` are those that are judged by it.
    """

    criterion: str
    judge: str
    runs: int
    version: int
    since: date
    sensitivity: MeasuredRate
    specificity: MeasuredRate
    topics: list[str]

    @property
    def apart(self) -> float:
        """The part of a rise of bad cases that shows in what the judge fails (Youden's index)."""
        return (self.sensitivity.value or 0) + (self.specificity.value or 0) - 1


class GateStanding(Stored):
    """The standing of a criterion's gate now: open, or why not."""

    criterion: str
    open: bool
    reasons: list[str] = Field(default_factory=list)
    calibration: CalibrationRecord | None = None

    @property
    def words(self) -> str:
        """The standing in words."""
        return "its verdicts count" if self.open else f"unmeasured: {'; '.join(self.reasons)}"

    @property
    def agreement(self) -> str:
        """The judge's agreement with people at its newest calibration, in words."""
        if self.calibration is None:
            return "never calibrated"
        kappa = self.calibration.kappa
        figure = "kappa unknown" if kappa.value is None else f"kappa {kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f})"
        return f"{figure}, calibrated {self.calibration.at:%Y-%m-%d}"


def shortfalls(found: CalibrationRecord, terms: GateTerms, wanted: int) -> list[str]:
    """Say what keeps a calibration from opening the gate; nothing where it opens."""
    reasons = []
    if found.labels < wanted:
        reasons.append(f"{found.labels} labels, {wanted} are needed")
    for name, rate, least in (
        ("sensitivity", found.sensitivity, terms.sensitivity),
        ("specificity", found.specificity, terms.specificity),
    ):
        if rate.value is None:
            reasons.append(f"{name} is unknown: no such case in the held-out half")
        elif rate.low < least:
            reasons.append(f"{name} {rate.value:.2f}, lower bound {rate.low:.2f}, below {least:.2f}")
    if found.kappa.value is None:
        reasons.append("kappa is unknown: people or the judge said the same of every case")
    elif found.kappa.value < terms.kappa:
        reasons.append(f"kappa {found.kappa.value:.2f}, below {terms.kappa:.2f}")
    return reasons


def gate(criterion: str, judge: str, newest: CalibrationRecord | None, model: str | None, now: datetime) -> GateStanding:
    """Return the gate's standing for this judge, which answered last as `model` (None: not since).

    It closes by itself with time, and with any change of the model's name on its server, of the prompt or of the criterion.
    """
    if newest is None:
        return GateStanding(criterion=criterion, open=False, reasons=["never calibrated"])
    reasons = [] if newest.opened else list(newest.reasons) or ["closed"]
    if newest.judge != judge:
        reasons = ["the judge's model, its prompt or the criterion is another one than was calibrated"]
    if model and newest.model and spelled(model) != spelled(newest.model):
        reasons.append(f"the judge answers as {model!r}, calibrated was {newest.model!r}")
    if now >= newest.expires_at:
        days = (newest.expires_at - newest.at) // timedelta(days=1)
        reasons.append(f"the calibration is older than {days} days")
    return GateStanding(criterion=criterion, open=not reasons, reasons=reasons, calibration=newest)

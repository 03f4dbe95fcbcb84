"""The weekly report: what was planned, what came of it, and what is to be done about the difference."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Model, Stored
from handrail.domain.outcomes import Statistic


class IndicatorTarget(Model):
    """A target of an indicator, set before the week began: shares are parts of 1, times are seconds."""

    target: float
    owner: str = Field(min_length=1, max_length=120)
    why: str = Field(default="", max_length=400)


class WeeklyAction(Model):
    """Something that somebody said they would do; `done` says what came of it, and stays empty until then."""

    week: str = Field(pattern=r"^\d{4}-W\d{2}$")
    what: str = Field(min_length=1, max_length=400)
    owner: str = Field(min_length=1, max_length=120)
    done: str = Field(default="", max_length=400)


class Targets(Model):
    """The whole of `targets.yaml`: who set them and when, the targets in the order of the report, and what was agreed."""

    version: int = Field(ge=1)
    set_by: str = Field(min_length=1, max_length=120)
    set_on: date
    indicators: dict[str, IndicatorTarget] = Field(min_length=1)
    actions: list[WeeklyAction] = Field(default_factory=list)


class PlanStanding(StrEnum):
    """The standing of a fact against its plan."""

    MET = "met"
    MISSED = "missed"
    OPEN = "cannot say yet"


class PlanFact(Stored):
    """Plan, fact and gap of an indicator. It is met, or missed, only where its whole interval is on that side."""

    indicator: str
    statistic: Statistic
    title: str
    owner: str
    plan: str
    fact: str
    gap: str
    standing: PlanStanding
    value: float | None = None
    low: float | None = None
    high: float | None = None
    target: float
    earlier: list[float | None] = Field(default_factory=list, description="the weeks before, the oldest first, and this one")
    source: str = Field(description="the view that the fact is computed from")


class WeeklyAlarm(Stored):
    """An alarm of the week; `real` is what a named person found, None while nobody has looked."""

    day: date
    indicator: str
    topic: str
    words: str
    real: bool | None = None


class AutonomyChange(Stored):
    """A control that was set in the week."""

    at: datetime
    scope: str
    level: str
    actor: str
    reason: str


class PersonLoad(Stored):
    """The work of a person in the week."""

    person: str
    claimed: int
    answered: int
    decided: int


class WeeklyDrill(Stored):
    """A drill that left its mark in the record: a switch thrown as a drill, or cases of its channel."""

    at: datetime
    what: str


class WeeklyCriterion(Stored):
    """The judge's word on a criterion over the week's sample; `statement` says the corrected share, or why there is none."""

    criterion: str
    open: bool
    since: datetime | None = Field(default=None, description="since when the gate stands open; None where it is closed")
    agreement: str = Field(default="", description="with people, at the newest calibration")
    sampled: int
    judged: int
    unmeasured: int
    left: int = Field(description="sampled cases that were not judged")
    statement: str


class WeeklyShadow(Stored):
    """A shadow that went in the week, and what its answers say so far."""

    shadow_id: int
    release: str
    words: list[str] = Field(default_factory=list)


class WeeklyReport(Stored):
    """Everything that the page of a week says."""

    week: str
    since: datetime
    until: datetime
    as_of: datetime
    zone: str
    confidence: float = Field(default=0.95, description="of the intervals")
    cases: int
    set_by: str
    set_on: date
    late: bool = Field(description="the targets were set after the week had begun")
    plans: list[PlanFact]
    alarms: list[WeeklyAlarm] | None = Field(description="None where nothing watches for drift")
    changes: list[AutonomyChange] = Field(default_factory=list)
    load: list[PersonLoad] = Field(default_factory=list)
    longest_wait_minutes: float | None = None
    median_wait_minutes: float | None = None
    drills: list[WeeklyDrill] = Field(default_factory=list)
    actions: list[WeeklyAction] = Field(default_factory=list)
    agreed: list[WeeklyAction] = Field(default_factory=list, description="agreed in this week")
    judge: str = Field(default="", description="the judge's model and server, or why nothing is judged")
    judged: list[WeeklyCriterion] = Field(default_factory=list)
    shadow: WeeklyShadow | None = Field(default=None, description="None where none went in the week")

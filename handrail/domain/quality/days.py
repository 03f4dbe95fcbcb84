"""The business's days, each looked at in steps once it has ended: what is due, and what a step said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from handrail.domain.base import Stored

STEPS: tuple[str, ...] = ("sample", "score", "watch", "govern", "ramp", "collect", "canary", "judge")
"""The steps of a day in their order; `handrail.wiring.days.daily` wires exactly these."""
SETTLING = timedelta(minutes=10)
"""How long after its end a day is due: what ended at the last moment is in the record by then."""
DAYS_BACK = 35
"""As many ended days are looked at, at most: a worker that was away for a week catches up."""


class QualityDay(Stored):
    """A day of the business, from `since` up to and without `until`: 23 or 25 hours where the clocks change."""

    day: date
    since: datetime
    until: datetime

    @field_validator("since", "until")
    @classmethod
    def _in_utc(cls, at: datetime) -> datetime:
        return at.astimezone(UTC)


class StepResult(Stored):
    """The result of a step: a sentence for people, and figures by name."""

    words: str = ""
    figures: dict[str, float] = Field(default_factory=dict)


class DueStep(Stored):
    """A step of a day that is not done yet."""

    day: QualityDay
    step: str


class StepState(Stored):
    """A step of a day as it is recorded: done, or tried so many times in vain and why."""

    day: QualityDay
    step: str
    done_at: datetime | None = None
    result: StepResult | None = None
    tries: int = Field(default=0, description="attempts that failed")
    tried_at: datetime | None = Field(default=None, description="when the last attempt failed")
    error: str | None = Field(default=None, description="why the last attempt failed; None once the step is done")


class DueRequest(Stored):
    """The question what is due: everything, or one day up to one step."""

    day: date | None = None
    step: str | None = None


class DueSteps(Stored):
    """The steps that are due, oldest day first; `order` names the steps of a day in their order."""

    order: list[str]
    due: list[DueStep]


class FailedStep(Stored):
    """A step that failed in a run, and why."""

    day: date
    step: str
    words: str


class DailyRun(Stored):
    """The result of a run of `quality.daily`."""

    done: list[DueStep] = Field(default_factory=list)
    failed: list[FailedStep] = Field(default_factory=list)
    held: list[DueStep] = Field(default_factory=list, description="not begun, for the step, or one before it, failed")


def day_at(day: date, zone: str) -> QualityDay:
    """Return the day from midnight to midnight there."""
    place = ZoneInfo(zone)
    since, until = (datetime(each.year, each.month, each.day, tzinfo=place) for each in (day, day + timedelta(days=1)))
    return QualityDay(day=day, since=since, until=until)


def ended_days(first: datetime, now: datetime, zone: str, most: int = DAYS_BACK) -> Iterator[QualityDay]:
    """Yield the days there that have ended and settled by `now`, from the one of `first` on, the newest `most` alone."""
    place = ZoneInfo(zone)
    today = (now - SETTLING).astimezone(place).date()
    day = max(first.astimezone(place).date(), today - timedelta(days=most))
    while day < today:
        yield day_at(day, zone)
        day += timedelta(days=1)


def left(days: Sequence[QualityDay], order: Sequence[str], states: Sequence[StepState]) -> list[DueStep]:
    """Return the steps that are not done, oldest day first.

    A day that was begun keeps the limits that it was begun with, even where the business's zone has changed since; the next
    one begins where it ended, so that no moment is in two days, and none in no day.
    """
    begun: Mapping[date, QualityDay] = {state.day.day: state.day for state in states}
    done = {(state.day.day, state.step) for state in states if state.done_at is not None}
    found: list[DueStep] = []
    limits = dict(begun)
    for fresh in days:
        before = limits.get(fresh.day - timedelta(days=1))
        joined = before is not None and before.until < fresh.until
        day = begun.get(fresh.day) or (fresh.model_copy(update={"since": before.until}) if before and joined else fresh)
        limits[day.day] = day
        found += [DueStep(day=day, step=step) for step in order if (day.day, step) not in done]
    return found


class DayStanding(Stored):
    """The steps of an ended day, in their order; one that was never begun has neither a result nor an error."""

    day: QualityDay
    steps: list[StepState]

    @property
    def done(self) -> bool:
        """True if nothing is left to do."""
        return all(step.done_at is not None for step in self.steps)


class QualityStanding(Stored):
    """The quality loop as it stands: the schedule that begins it, and the newest days."""

    zone: str
    schedule: str = Field(description="in words: when it fires next, or what keeps it from that")
    days: list[DayStanding] = Field(description="newest first")


def standings(days: Sequence[QualityDay], states: Sequence[StepState]) -> list[DayStanding]:
    """Return the days with their steps, newest first."""
    known = {(state.day.day, state.step): state for state in states}
    limits = {state.day.day: state.day for state in states}
    found = []
    for fresh in reversed(days):
        day = limits.get(fresh.day, fresh)
        steps = [known.get((day.day, step)) or StepState(day=day, step=step) for step in STEPS]
        found.append(DayStanding(day=day, steps=steps))
    return found

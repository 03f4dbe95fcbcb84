"""The activities of the business's day: what is due, and each step behind a record that keeps it from being done twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.days import SETTLING, DueRequest, DueSteps, QualityDay, StepResult, day_at, ended_days, left
from handrail.ports import Clock
from handrail.ports.loop.quality import DayStep, QualityDays

TAKEN = "StepTaken"
WORDS = 500
LONGEST_PAUSE = 60


class DayActivities:
    """Says what is due, and runs the steps, in their order; `zone` gives the time zone of the business."""

    def __init__(self, steps: Sequence[DayStep], days: QualityDays, clock: Clock, zone: Callable[[], str]) -> None:
        self._steps, self._days, self._clock, self._zone = steps, days, clock, zone

    def all(self) -> list[Callable[..., Awaitable[Any]]]:
        """Return every activity, for a worker to register."""
        return [self.due, *map(self._activity, self._steps)]

    @activity.defn(name="quality.due")
    async def due(self, asked: DueRequest) -> DueSteps:
        """Return the steps that are due.

        Raises:
            InvalidInput: there is no such step, or the day has not ended.
        """
        order = [step.name for step in self._steps]
        if asked.step is not None and asked.step not in order:
            raise InvalidInput(f"--step: {asked.step[:40]!r} is no step of a day. Write one of: {', '.join(order)}.")
        zone, now = self._zone(), self._clock.now()
        wanted = day_at(asked.day, zone) if asked.day is not None else None
        if wanted is not None and wanted.until + SETTLING > now:
            raise InvalidInput(f"--day: {asked.day} has not ended in {zone}. Name an earlier day.")
        first = await self._days.first_case()
        days = list(ended_days(first, now, zone)) if first is not None else []
        if wanted is not None:
            # The days before it count for its limits; one that is older than the rest stands alone.
            days = [day for day in days if day.day <= wanted.day] if wanted in days else [wanted]
        if first is None or not days:
            return DueSteps(order=order, due=[])
        # The day before the first of these, too: that one begins where it ended.
        states = await self._days.states(days[0].day - timedelta(days=1))
        found = left(days, order, states)
        upto = order[: order.index(asked.step) + 1] if asked.step else order
        return DueSteps(order=order, due=[step for step in found if step.step in upto and asked.day in (None, step.day.day)])

    def _activity(self, step: DayStep) -> Callable[[QualityDay], Awaitable[StepResult]]:
        @activity.defn(name=f"quality.{step.name}")
        async def run(day: QualityDay) -> StepResult:
            return await self.run(step, day)

        return run

    async def run(self, step: DayStep, day: QualityDay) -> StepResult:
        """Do the step and record it; one that is done already only says what it said then.

        Raises:
            ApplicationError: somebody else does it just now.
        """
        async with self._days.alone(day.day, step.name) as mine:
            if not mine:
                words = f"{step.name} of {day.day} is being done by another worker; it is looked at again."
                raise ApplicationError(words, type=TAKEN, next_retry_delay=pause(activity.info().attempt))
            before = await self._days.state(day.day, step.name)
            if before is not None and before.done_at is not None:
                return before.result or StepResult()
            try:
                result = await step.run(day)
            except Exception as error:
                await self._days.fail(day, step.name, self._clock.now(), f"{type(error).__name__}: {error}"[:WORDS])
                raise
            await self._days.finish(day, step.name, self._clock.now(), result)
            return result


def pause(attempt: int) -> timedelta:
    """Return how long to wait for somebody who does the same step: a quarter of an hour in all, so as not to fail for it."""
    return timedelta(seconds=min(2**attempt, LONGEST_PAUSE))

"""The steps `judge` and `canary` of the business's day: each makes its model's client for the day, and closes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

from handrail.domain.quality.days import QualityDay, StepResult
from handrail.ports import Clock

if TYPE_CHECKING:
    from handrail.quality.judging.canary import CanaryStep
    from handrail.quality.judging.judge import JudgeStep

OFF = "No judge is set (HANDRAIL_JUDGE_MODEL), so nothing was judged."
FRESH = timedelta(hours=24)
"""Answers that are asked for later than this behind a day's end are none of that day's model."""


class JudgeOfDay:
    """Judges the day's sample; where no judge is set it says so and is done. `make` gives the step with its client."""

    name = "judge"

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[JudgeStep]] | None) -> None:
        self._make = make

    async def run(self, day: QualityDay) -> StepResult:
        """Judge the day, see `JudgeStep.judge`."""
        if self._make is None:
            return StepResult(words=OFF)
        async with self._make() as step:
            found = await step.judge(day.day)
        unmeasured = sum(sum(each.unmeasured.values()) for each in found.criteria.values())
        return StepResult(
            words=f"{found.words}.",
            figures={
                "cases": found.cases,
                "left": found.left,
                "unmeasured": unmeasured,
                "calls": found.spent.calls,
                "cost_usd": found.spent.cost_usd,
                "put_to_people": found.put_to_people,
                "closed": len(found.closed),
            },
        )


class CanaryOfDay:
    """Puts the canary prompts to the agent's model; a day that ended long since is left alone."""

    name = "canary"

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[CanaryStep]], clock: Clock) -> None:
        self._make = make
        self._clock = clock

    async def run(self, day: QualityDay) -> StepResult:
        """Ask and compare, see `CanaryStep.watch`."""
        if self._clock.now() - day.until > FRESH:
            return StepResult(words="The day is long over: the model of then cannot be asked any more.")
        async with self._make() as step:
            found = await step.watch(day.day)
        return StepResult(words=found.words, figures={"answers": found.answers, "hit": found.hit})

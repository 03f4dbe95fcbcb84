"""The steps `judge` and `canary` of the business's day: each makes its model's client for the day, and closes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from handrail.domain.quality.days import QualityDay, StepResult
from handrail.ports import Clock
from handrail.ports.loop.governor import Governs

if TYPE_CHECKING:
    from handrail.quality.judging.canary import CanaryStep
    from handrail.quality.judging.gates import JudgeGates
    from handrail.quality.judging.judge import JudgeStep

OFF = "No judge is set (HANDRAIL_JUDGE_MODEL), so nothing was judged."
FRESH = timedelta(hours=24)
"""Answers that are asked for later than this behind a day's end are none of that day's model."""


class JudgeOfDay:
    """Judges the day's sample; where no judge is set it says so and is done. `make` gives the step with its client.

    Afterwards the gates are looked at, also where the judge's server is away: what relied on a gate that is closed now is
    governed at once, not on the next day.
    """

    name = "judge"

    def __init__(
        self, make: Callable[[], AbstractAsyncContextManager[JudgeStep]] | None, gates: JudgeGates, governor: Governs
    ) -> None:
        self._make, self._gates, self._governor = make, gates, governor

    async def run(self, day: QualityDay) -> StepResult:
        """Judge the day, see `JudgeStep.judge`; then look at the gates."""
        try:
            found = await self._judged(day)
        except Exception:
            await heeded(self._gates, self._governor, day.day)
            raise
        return found.model_copy(update={"words": f"{found.words}{await heeded(self._gates, self._governor, day.day)}"})

    async def _judged(self, day: QualityDay) -> StepResult:
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
    """Puts the canary prompts to the agent's model, a hit is governed at once; a day that ended long since is left alone."""

    name = "canary"

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[CanaryStep]], clock: Clock, governor: Governs) -> None:
        self._make, self._clock, self._governor = make, clock, governor

    async def run(self, day: QualityDay) -> StepResult:
        """Ask and compare, see `CanaryStep.watch`."""
        if self._clock.now() - day.until > FRESH:
            return StepResult(words="The day is long over: the model of then cannot be asked any more.")
        async with self._make() as step:
            found = await step.watch(day.day)
        governed = f" {(await self._governor.govern(day.day)).words}" if found.hit else ""
        return StepResult(words=f"{found.words}{governed}", figures={"answers": found.answers, "hit": found.hit})


async def heeded(gates: JudgeGates, governor: Governs, day: date) -> str:
    """Look at the gates, and have the governor act on one that closed; returns both in words, nothing where none did."""
    closed = await gates.look(day)
    if not closed:
        return ""
    return f" {'; '.join(one.words for one in closed)}. {(await governor.govern(day)).words}"

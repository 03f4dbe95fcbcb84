"""Asking a judge about cases, run by run: each run is kept before the next call, and none is asked for twice."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from handrail.domain.errors import ModelRejected
from handrail.domain.quality.judge.addressed import addressed
from handrail.domain.quality.judge.calibration import Spent
from handrail.domain.quality.judge.judged import JudgeLimits, JudgePlan
from handrail.domain.quality.judge.judging import (
    CaseJudgement,
    JudgeRun,
    Purpose,
    Unmeasured,
    decided,
    weigh,
)
from handrail.domain.quality.judge.material import Material
from handrail.domain.quality.judge.rubric import Criterion
from handrail.ports import Clock
from handrail.ports.loop.judging import Judge, JudgeRecord
from handrail.quality.judging.patience import Sleep, patiently
from handrail.quality.judging.questions import question

REFUSALS = 5
"""So many refusals of the server in a row are about the judge's settings, not about a case."""


class LimitReached(Exception):
    """The day's limit is reached; the words say which."""


class JudgeCalls:
    """Asks for one purpose on one day."""

    def __init__(
        self,
        judge: Judge,
        record: JudgeRecord,
        clock: Clock,
        plan: JudgePlan,
        limits: JudgeLimits,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._judge = judge
        self._record = record
        self._clock = clock
        self._plan = plan
        self._limits = limits
        self._sleep = sleep
        self._refused: list[JudgeRun] = []
        self._spent = Spent()

    async def standing(self, day: date, purpose: Purpose) -> Mapping[tuple[str, str], list[JudgeRun]]:
        """Read the runs that are kept already, by case and criterion."""
        found: dict[tuple[str, str], list[JudgeRun]] = defaultdict(list)
        for run in await self._record.runs(day, purpose, list(self._plan.keys.values())):
            found[run.case_id, run.criterion].append(run)
        return found

    async def case(self, day: date, purpose: Purpose, case: Material, name: str, kept: list[JudgeRun]) -> CaseJudgement:
        """Judge a case by a criterion, as far as its runs are not kept.

        Raises:
            LimitReached: before a call.
            ModelUnavailable: the judge's server is away for longer.
            ModelRejected: it refuses call after call.
        """
        criterion, wanted, key = self._plan.rubric.criteria[name], self._plan.rubric.runs, self._plan.keys[name]
        runs = list(kept)
        blank = JudgeRun(
            day=day, purpose=purpose, case_id=case.case_id, criterion=name, run=1, judge=key, asked_at=self._clock.now()
        )
        if not runs and (why := unfit(case, criterion)):
            runs = [blank.model_copy(update={"unmeasured": why})]
            await self._record.keep(runs[0])
        if not any(run.unmeasured in (Unmeasured.ADDRESSED, Unmeasured.NO_REPLY) for run in runs):
            done = {run.run for run in runs}
            if len(done) < wanted:
                self._spent = await self._record.spent(day)
            for number in range(1, wanted + 1):
                if number not in done:
                    runs.append(await self._one(blank.model_copy(update={"run": number}), case, criterion))
        return decided(case.case_id, name, key, runs, wanted)

    async def settle(self) -> None:
        """Keep refusals that no other answer followed."""
        for run in self._refused:
            await self._record.keep(run)
        self._refused = []

    async def _one(self, blank: JudgeRun, case: Material, criterion: Criterion) -> JudgeRun:
        reached = self._limits.reached(self._spent)
        if reached:
            raise LimitReached(reached)
        asked = question(case, criterion)
        at = {"asked_at": self._clock.now()}
        try:
            read = await patiently(lambda: self._judge.judge(asked), self._sleep)
        except ModelRejected as refused:
            run = blank.model_copy(update={**at, "unmeasured": Unmeasured.REFUSED})
            self._refused.append(run)
            if len(self._refused) >= REFUSALS:
                raise ModelRejected(f"The judge's server refused {REFUSALS} calls in a row: {refused}") from None
            return run
        await self.settle()
        weighed = weigh(asked, read)
        said = {**weighed.model_dump(), **read.model_dump(include={"quote", "model", "fingerprint"}), "usage": read.usage}
        run = blank.model_copy(update={**at, **said})
        await self._record.keep(run)
        self._spent = self._spent.plus(read.usage)
        return run


def unfit(case: Material, criterion: Criterion) -> Unmeasured | None:
    """Say why the case is left to people without any call."""
    if criterion.quote and not case.answers:
        return Unmeasured.NO_REPLY
    return Unmeasured.ADDRESSED if addressed(case) else None

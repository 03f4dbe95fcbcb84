"""The step `judge` of a day: the sample is judged, old transcripts are judged again, people get their cases to label."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from handrail.domain.quality.judge.calibration import CalibrationRecord, GateEvent, gate
from handrail.domain.quality.judge.judged import AnchorLook, JudgedDay, JudgeLimits, JudgePlan, VerdictCounts
from handrail.domain.quality.judge.judging import CaseJudgement, CaseVerdict, Purpose
from handrail.domain.quality.judge.labels import LabelChoice, SampledCase
from handrail.ports import Clock
from handrail.ports.loop.judging import Judge, JudgeRecord, LabelRecord
from handrail.quality.judging.asking import JudgeCalls, LimitReached
from handrail.quality.judging.calibrating import Calibrating
from handrail.quality.judging.looking import look_of
from handrail.quality.judging.patience import Sleep

LATELY = timedelta(days=28)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class JudgeStep:
    """Judges a day. Killed and run again it asks for what is missing; a day that is done is told again, at no cost."""

    def __init__(
        self,
        judge: Judge,
        record: JudgeRecord,
        labels: LabelRecord,
        clock: Clock,
        plan: Callable[[], JudgePlan],
        limits: JudgeLimits,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._judge = judge
        self._record = record
        self._labels = labels
        self._clock = clock
        self.plan = plan
        self._limits = limits
        self._sleep = sleep

    async def judge(self, day: date) -> JudgedDay:
        """Judge the day.

        Raises:
            ModelUnavailable: the judge's server is away for longer; what was judged is kept, try again.
            ModelRejected: its server refuses every call.
        """
        plan = self.plan()
        asking = self._calls(plan)
        cases = await self._record.sampled(day)
        sets = {name: await self._anchors(plan, name, day) for name in plan.rubric.criteria}
        wanted = [(Purpose.ANCHOR, case_id, [name]) for name, held in sets.items() for case_id in held]
        wanted += [(Purpose.SAMPLE, each.case_id, list(plan.rubric.criteria)) for each in cases]
        judged, left, because = await self._judged(asking, plan, day, wanted)
        put = await self._put_to_people(plan, day, judged, cases)
        looks, closed = await self._look(plan, day)
        await Calibrating(self._record, self._labels, self._clock, plan, asking).where_due(day)
        return JudgedDay(
            day=day,
            cases=len(cases),
            criteria={name: counts(judged, name) for name in plan.rubric.criteria},
            left=left,
            left_because=because,
            spent=await self._record.spent(day),
            put_to_people=put,
            anchors=looks,
            closed=closed,
        )

    async def calibrate(self, names: Sequence[str]) -> list[CalibrationRecord]:
        """Calibrate these criteria now, see `Calibrating.run`."""
        plan = self.plan()
        calibrating = Calibrating(self._record, self._labels, self._clock, plan, self._calls(plan))
        return await calibrating.run(self._clock.now().date(), names)

    def _calls(self, plan: JudgePlan) -> JudgeCalls:
        return JudgeCalls(self._judge, self._record, self._clock, plan, self._limits, sleep=self._sleep)

    async def _anchors(self, plan: JudgePlan, name: str, day: date) -> list[str]:
        return await self._record.anchors(name, plan.keys[name], day, plan.rubric.anchors)

    async def _judged(
        self, asking: JudgeCalls, plan: JudgePlan, day: date, wanted: Sequence[tuple[Purpose, str, list[str]]]
    ) -> tuple[list[CaseJudgement], int, str | None]:
        """Judge the anchors, then the sample; give the sample's verdicts, and what was left of all of it."""
        found: list[CaseJudgement] = []
        left, because = 0, None
        standing = {purpose: await asking.standing(day, purpose) for purpose in (Purpose.ANCHOR, Purpose.SAMPLE)}
        for purpose, case_id, names in wanted:
            case = await self._record.material(case_id)
            if case is None:
                continue
            for name in plan.concerning(case.topic):
                if name not in names:
                    continue
                try:
                    verdict = await asking.case(day, purpose, case, name, standing[purpose].get((case_id, name), []))
                except LimitReached as reached:
                    left, because = left + 1, str(reached)
                    continue
                if purpose is Purpose.SAMPLE:
                    found.append(verdict)
        await asking.settle()
        return found, left, because

    async def _put_to_people(
        self, plan: JudgePlan, day: date, judged: Sequence[CaseJudgement], cases: Sequence[SampledCase]
    ) -> int:
        """Choose among the judged cases those that people label, no more than wait for them anyway."""
        lately = await self._labels.lately(list(plan.keys.values()), day - LATELY, day)
        waiting = Counter(await self._labels.open(list(plan.wordings.values())))
        known = {each.case_id: each for each in cases}
        put = 0
        for each in judged:
            name = each.criterion
            choice = LabelChoice(day, name, plan.wordings[name], *lately.get(name, (0, 0)), plan.rubric.labels_twice)
            task = choice.of(known[each.case_id], each.verdict)
            if task is not None and waiting[name] < plan.rubric.labels_open:
                await self._labels.ask(task)
                waiting[name] += 1
                put += 1
        return put

    async def _look(self, plan: JudgePlan, day: date) -> tuple[list[AnchorLook], list[str]]:
        """Hold today's verdicts on the old transcripts against the first ones; a judge that moved loses its gate."""
        newest = await self._record.calibrations(list(plan.rubric.criteria))
        looks, closed = [], []
        for name, key in plan.keys.items():
            held = newest.get(name)
            since = held.at if held and held.opened and held.judge == key else BEGINNING
            look = look_of(name, await self._record.anchor_runs(key, since), day)
            looks.append(look)
            if not look.moved:
                continue
            closed.append(f"{name}: {look.words}")
            now = self._clock.now()
            if held and gate(name, key, held, None, now).open:
                update = {"event": GateEvent.CLOSED, "opened": False, "reasons": [look.words], "at": now}
                await self._record.calibrated(held.model_copy(update=update))
        return looks, closed


def counts(judged: Sequence[CaseJudgement], criterion: str) -> VerdictCounts:
    """Count the verdicts on a criterion."""
    own = [each for each in judged if each.criterion == criterion]
    return VerdictCounts(
        passes=sum(each.verdict is CaseVerdict.PASS for each in own),
        fails=sum(each.verdict is CaseVerdict.FAIL for each in own),
        unmeasured=dict(Counter(str(each.unmeasured) for each in own if each.unmeasured is not None)),
    )

"""Calibrating a judge: it judges what people have labelled, and the held-out half says whether its verdicts count."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from handrail.domain.quality.judge.calibration import CalibrationRecord, MeasuredRate, gate, shortfalls
from handrail.domain.quality.judge.judged import JudgePlan
from handrail.domain.quality.judge.judging import CaseVerdict, Purpose
from handrail.domain.quality.judge.labels import LabelledTask, LabelVerdict, held_out
from handrail.ports import Clock
from handrail.ports.loop.judging import JudgeRecord, LabelRecord
from handrail.quality.judging.asking import JudgeCalls, LimitReached
from handrail.quality.statistics.agreement import Estimate, LabelledCase, agreement, kappa_of

RENEWAL = timedelta(days=3)
"""So long before a calibration runs out it is made anew: a judge that is as good as it was never loses its gate with time."""
GROWTH = 1.2
"""A judge that was found wanting is looked at again once labels have grown by so much."""


class Calibrating:
    """Calibrates by criterion. Every labelled case is judged anew: a calibration is about the judge of now."""

    def __init__(self, record: JudgeRecord, labels: LabelRecord, clock: Clock, plan: JudgePlan, asking: JudgeCalls) -> None:
        self._record = record
        self._labels = labels
        self._clock = clock
        self._plan = plan
        self._asking = asking

    async def where_due(self, day: date) -> list[CalibrationRecord]:
        """Calibrate the criteria with labels enough whose gate is closed, if anything changed since, or closes soon."""
        due = []
        for name, labelled in (await self._labelled()).items():
            key = self._plan.keys[name]
            newest = (await self._record.calibrations([name])).get(name)
            model = (await self._record.answers_as([key])).get(key)
            standing = gate(name, key, newest, model, self._clock.now())
            enough = len(labelled) >= self._plan.rubric.labels
            same = newest is not None and newest.event == "calibrated" and newest.judge == key
            tried = same and newest is not None and not newest.opened and len(labelled) < GROWTH * newest.labels
            ends = standing.open and newest is not None and self._clock.now() >= newest.expires_at - RENEWAL
            if enough and (ends or (not standing.open and not tried)):
                due.append(name)
        return await self.run(day, due) if due else []

    async def run(self, day: date, names: Sequence[str]) -> list[CalibrationRecord]:
        """Calibrate these criteria; one whose labels could not all be judged today is left as it is, for another day.

        Raises:
            ModelUnavailable, ModelRejected: see `JudgeCalls.case`.
        """
        labelled = await self._labelled()
        found = []
        for name in names:
            tasks = labelled.get(name, [])
            try:
                verdicts = await self._judge(day, name, tasks)
            except LimitReached:
                continue
            record = await self._record_of(name, tasks, verdicts)
            await self._record.calibrated(record)
            found.append(record)
        return found

    async def _labelled(self) -> dict[str, list[LabelledTask]]:
        tasks = await self._labels.labelled(self._plan.wordings)
        return {name: [each for each in tasks if each.criterion == name] for name in self._plan.rubric.criteria}

    async def _judge(self, day: date, name: str, tasks: Sequence[LabelledTask]) -> dict[str, CaseVerdict | None]:
        standing = await self._asking.standing(day, Purpose.CALIBRATION)
        verdicts: dict[str, CaseVerdict | None] = {}
        for task in tasks:
            case = await self._record.material(task.case_id)
            if case is not None:
                kept = standing.get((task.case_id, name), [])
                verdicts[task.case_id] = (await self._asking.case(day, Purpose.CALIBRATION, case, name, kept)).verdict
        await self._asking.settle()
        return verdicts

    async def _record_of(
        self, name: str, tasks: Sequence[LabelledTask], verdicts: dict[str, CaseVerdict | None]
    ) -> CalibrationRecord:
        terms, key, now = self._plan.rubric.gate, self._plan.keys[name], self._clock.now()
        own = [each for each in tasks if held_out(each.case_id) and each.verdict is not None]
        cases = [
            LabelledCase(each.verdict is CaseVerdict.FAIL, verdict is CaseVerdict.FAIL, each.probability, each.chosen_from)
            for each in own
            if (verdict := verdicts.get(each.case_id)) is not None
        ]
        found = await asyncio.to_thread(agreement, cases)
        pairs = [pair for each in tasks if (pair := each.pair) is not None]
        people = (
            kappa_of(*([side is CaseVerdict.FAIL for side in sides] for sides in zip(*pairs, strict=True))) if pairs else None
        )
        record = CalibrationRecord(
            criterion=name,
            judge=key,
            model=(await self._record.answers_as([key])).get(key, ""),
            labels=sum(each.verdict is not None for each in tasks),
            cannot_say=sum(each.labels[0].verdict is LabelVerdict.CANNOT_SAY for each in tasks),
            unmeasured=len(own) - len(cases),
            cases=found.cases,
            fails=found.fails,
            sensitivity=rate(found.sensitivity),
            specificity=rate(found.specificity),
            kappa=rate(found.kappa),
            pairs=len(pairs),
            human_kappa=rate(people) if people else MeasuredRate(),
            at=now,
            expires_at=now + timedelta(days=terms.days),
        )
        reasons = shortfalls(record, terms, self._plan.rubric.labels)
        return record.model_copy(update={"reasons": reasons, "opened": not reasons})


def rate(found: Estimate) -> MeasuredRate:
    """Return the figure as it is kept."""
    return MeasuredRate(**asdict(found))

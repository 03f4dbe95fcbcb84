"""Gates of a judge over time: one that was open and is not any more is an alarm, once, about the topics that relied on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from zoneinfo import ZoneInfo

from handrail.domain.quality.judge.calibration import CalibrationRecord, GateOpening, GateStanding, JudgedTerms, gate
from handrail.domain.quality.judge.judged import AnchorLook, JudgePlan
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm, judged_series
from handrail.ports import Clock, Topics
from handrail.ports.loop.drift import AlarmRecord
from handrail.ports.loop.judging import JudgeRecord

UNSET = "no judge is set: HANDRAIL_JUDGE_MODEL"
log = logging.getLogger("handrail.judge")


@dataclass(frozen=True, slots=True)
class JudgeInForce:
    """The criteria under the keys of the judge that is set; `off` says why there is none."""

    plan: JudgePlan
    off: str | None = None


def standings(
    judge: JudgeInForce, calibrations: Mapping[str, CalibrationRecord], models: Mapping[str, str], now: datetime
) -> dict[str, GateStanding]:
    """Return each criterion's gate; `models` gives the name under which each judge answered last."""
    found = {}
    for name, key in judge.plan.keys.items():
        standing = gate(name, key, calibrations.get(name), models.get(key), now)
        if judge.off is not None:
            standing = standing.model_copy(update={"open": False, "reasons": [judge.off]})
        found[name] = standing
    return found


class JudgeGates:
    """Looks at the gates. A criterion whose gate was never open is relied on by nobody: nothing closes, nothing alarms."""

    def __init__(
        self,
        record: JudgeRecord,
        alarms: AlarmRecord,
        topics: Topics,
        judge: Callable[[], JudgeInForce],
        changes: Callable[[date, date], Awaitable[list[str]]],
        clock: Clock,
    ) -> None:
        self._record, self._alarms, self._topics = record, alarms, topics
        self._judge, self._changes, self._clock = judge, changes, clock

    async def now(self) -> dict[str, GateStanding]:
        """Return each criterion's gate as it stands. Raises: DefinitionInvalid: the rubric cannot be used."""
        judge = self._judge()
        names, keys = list(judge.plan.keys), list(judge.plan.keys.values())
        calibrations = await self._record.calibrations(names)
        return standings(judge, calibrations, await self._record.answers_as(keys), self._clock.now())

    async def opened(self) -> dict[str, tuple[GateStanding, GateOpening]]:
        """Return the criteria whose gates stand open, each with since when."""
        found = {name: one for name, one in (await self.now()).items() if one.open}
        openings = await self._record.openings(list(found))
        return {name: (found[name], openings[name]) for name in found if name in openings}

    async def judged(self, zone: Callable[[], ZoneInfo]) -> dict[str, JudgedTerms]:
        """Return by series what is to be known of each criterion whose gate is open, to watch what the judge says."""
        found, rubric = await self.opened(), self._judge().plan.rubric
        terms = {}
        for name, (standing, opening) in found.items():
            if (held := standing.calibration) is not None:
                terms[judged_series(name)] = JudgedTerms(
                    criterion=name,
                    judge=opening.judge,
                    runs=rubric.runs,
                    version=opening.since_id,
                    since=opening.since.astimezone(zone()).date(),
                    sensitivity=held.sensitivity,
                    specificity=held.specificity,
                    topics=self._relying(name),
                )
        return terms

    async def anchors(self, judged: JudgedTerms) -> AnchorLook | None:
        """Return how the judge's newest verdicts on old transcripts differ from the first since its gate opened, if any do."""
        opening = (await self._record.openings([judged.criterion])).get(judged.criterion)
        runs = await self._record.anchor_runs(judged.judge, opening.since) if opening else []
        if not runs:
            return None
        # In a thread: what it counts with takes seconds to load, which no case should wait for.
        look = await asyncio.to_thread(import_module, "handrail.quality.judging.looking")
        found: AnchorLook = look.look_of(judged.criterion, runs, max(run.day for run in runs))
        return found

    def _relying(self, name: str) -> list[str]:
        """Return the agent's topics that a criterion is about."""
        criterion = self._judge().plan.rubric.criteria[name]
        agents = [one.name for one in self._topics.all() if not one.people_only]
        return [topic for topic in agents if not criterion.topics or topic in criterion.topics]

    async def look(self, day: date) -> list[DriftAlarm]:
        """Raise an alarm for each gate that was open once and is closed; the same closing again raises none."""
        closed = {name: one for name, one in (await self.now()).items() if not one.open}
        openings = await self._record.openings(list(closed))
        raised = []
        for name, opening in openings.items():
            found = await self._alarms.raise_alarm(await self._alarm(day, closed[name], opening))
            if found is not None:
                log.warning("%s", found.words)
                raised.append(found)
        return raised

    async def _alarm(self, day: date, standing: GateStanding, opening: GateOpening) -> DriftAlarm:
        words = f"the judge of '{standing.criterion}' does not count any more, and says nothing of the agent"
        evidence = AlarmEvidence(
            words=f"{words}: {'; '.join(standing.reasons)}. `handrail judge status`",
            topics=self._relying(standing.criterion),
            changes=await self._changes(day, day),
        )
        return DriftAlarm(
            kind=AlarmKind.JUDGE,
            detector=Detector.JUDGE,
            day=day,
            first_day=day,
            indicator=judged_series(standing.criterion),
            calibration_id=opening.calibration_id,
            evidence=evidence,
        )

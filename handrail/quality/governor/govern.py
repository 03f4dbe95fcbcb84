"""The step `govern` of a day: rules over the alarms that stand, and a page to people where they ask for too much at once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm
from handrail.domain.quality.watch.governor import GovernorDefinitions, GovernorStep, StepKind, TopicNow
from handrail.ports import Clock, Dial, Topics
from handrail.ports.loop.drift import AlarmRecord
from handrail.ports.loop.governor import GovernorRecord
from handrail.quality.governor.rules import WINDOW, planned

VOLUME_DAYS = 28
MOST_WORDS = 2_000
MOST_NAMES = 40
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class GovernedDay:
    """The result of a day's government: steps that were taken, and the alarm about those that were not."""

    steps: list[GovernorStep] = field(default_factory=list)
    page: DriftAlarm | None = None

    @property
    def words(self) -> str:
        """The result in a sentence."""
        said = "; ".join(map(_said, self.steps)) or "nothing to do"
        return f"{said}; {self.page.words}" if self.page else said


class Governor:
    """Takes autonomy back. Governing a day twice is doing it once; it never raises a topic."""

    def __init__(
        self,
        record: GovernorRecord,
        alarms: AlarmRecord,
        topics: Topics,
        dial: Dial,
        rules: Callable[[], GovernorDefinitions],
        clock: Clock,
    ) -> None:
        self._record, self._alarms, self._topics, self._dial = record, alarms, topics, dial
        self._rules, self._clock = rules, clock

    async def govern(self, day: date) -> GovernedDay:
        """Act on every alarm that stands and was not acted on. Raises: DefinitionInvalid: the rules cannot be used."""
        wanted, now = self._rules(), self._clock.now()
        alarms = [one for one in await self._alarms.open() if one.kind is not AlarmKind.BLAST]
        if not alarms:
            return GovernedDay()
        steps = await self._record.steps_about([one.alarm_id for one in alarms], now - WINDOW)
        result = GovernedDay()
        for step in planned(wanted, alarms, await self._now(), steps, day, now):
            if step.kind is StepKind.DOWN:
                taken = await self._record.step_down(step)
                if taken is not None:
                    _log.warning("%s stepped down to '%s': %s", taken.topic, taken.level, taken.words)
                    result.steps.append(taken)
            else:
                result.steps.append(step)
        kept = [one for one in result.steps if one.kind is StepKind.KEPT]
        paged = [one for one in result.steps if one.kind is StepKind.PAGED]
        held_back = [one for one in paged if one.level is not Autonomy.AUTO]
        result.page = await self._record.note([*kept, *paged], _page(held_back, day, wanted) if held_back else None)
        if result.page:
            _log.warning("%s", result.page.words)
        return result

    async def _now(self) -> dict[str, TopicNow]:
        agents = [one for one in self._topics.all() if not one.people_only]
        volumes = await self._record.volumes(self._clock.now() - timedelta(days=VOLUME_DAYS))
        stepped = await self._record.stepped_at()
        return {
            one.name: TopicNow(
                topic=one.name,
                level=(await self._dial.autonomy(one)).autonomy,
                volume=volumes.get(one.name, 0.0),
                stepped_at=stepped.get(one.name),
            )
            for one in agents
        }


class GovernStep:
    """Governs, as the step `govern` of a day; `first` may raise alarms that nobody else would, and is asked before."""

    name = "govern"

    def __init__(self, governor: Governor, first: Callable[[QualityDay], Awaitable[object]]) -> None:
        self._governor, self._first = governor, first

    async def run(self, day: QualityDay) -> StepResult:
        """Govern the day; see `Governor.govern`."""
        await self._first(day)
        found = await self._governor.govern(day.day)
        figures = {kind.value: float(sum(one.kind is kind for one in found.steps)) for kind in StepKind}
        return StepResult(words=found.words[:MOST_WORDS], figures=figures)


def _said(step: GovernorStep) -> str:
    """Return a step in a few words."""
    if step.kind is StepKind.PAGED and step.level is Autonomy.AUTO:
        return f"{step.topic or 'all cases'} left to people, alarm {step.alarm_id}"
    return f"{step.topic or 'everything'} {step.kind} to '{step.level}'"


def _held_back(paged: Sequence[GovernorStep]) -> Iterator[str]:
    """Yield what was held back by alarm: the words of one topic, and the names of the others that the alarm means, too."""
    for _, steps in groupby(paged, key=lambda one: (one.alarm_id, one.level)):
        first, *others = steps
        names = [one.topic for one in others]
        rest = (
            f" (so would {', '.join(names[:MOST_NAMES])}{' and others' if len(names) > MOST_NAMES else ''})" if names else ""
        )
        yield f"{first.words}{rest}"


def _page(paged: Sequence[GovernorStep], day: date, wanted: GovernorDefinitions) -> DriftAlarm:
    """Return the alarm that tells people what the governor did not do by itself."""
    limit = f"at most {wanted.blast.topics} topics and {wanted.blast.volume:.0%} of the cases within 24 hours"
    told = "; ".join(_held_back(paged))
    evidence = AlarmEvidence(words=f"people decide, for the governor does {limit} by itself. {told}")
    return DriftAlarm(
        kind=AlarmKind.BLAST, detector=Detector.GOVERNOR, day=day, first_day=day, indicator="", evidence=evidence
    )

"""The step `watch` of a day: count what is mature, run the detectors, raise each alarm once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.judge.judged import AnchorLook
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm, DriftBaseline
from handrail.ports import Clock
from handrail.ports.loop.drift import AlarmRecord, DriftRecord
from handrail.quality.watching.days import DAY, DAYS_KEPT, Terms, WatchTerms, family, fill
from handrail.quality.watching.standing import unsigned, unwatched

if TYPE_CHECKING:
    from handrail.quality.watching.observations import Observations
    from handrail.quality.watching.replay import ReplayedSeries

MOST_WORDS = 2_000
DOUBT = 0.05
"""A judge that gets stricter on old transcripts by less chance than this explains a rise of what it fails."""
FRESH = timedelta(hours=24)
"""The release that is in force later than this behind a day's end was not that day's."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class WatchedDay:
    """The result of a day's watch: series that were watched and those that could not be, with why, and the new alarms."""

    counted: int
    watched: int
    unwatched: dict[str, int] = field(default_factory=dict)
    alarms: list[DriftAlarm] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The result in a sentence."""
        raised = "; ".join(one.words for one in self.alarms) or "no new alarm"
        left = "".join(f"; {number} not watched: {why}" for why, number in self.unwatched.items())
        return f"{self.watched} series watched, {raised}{left}"


class DriftWatch:
    """Watches the record, as the step `watch` of a day. Doing a day twice is doing it once."""

    name = "watch"

    def __init__(
        self,
        record: DriftRecord,
        alarms: AlarmRecord,
        terms: Terms,
        clock: Clock,
        release: Callable[[], Awaitable[ReleaseParts]] | None = None,
        anchors: Callable[[JudgedTerms], Awaitable[AnchorLook | None]] | None = None,
    ) -> None:
        """Make the watch.

        `release` gives what is in force now, which is written down for a day that has just ended; `anchors` how a judge's
        newest verdicts on old transcripts differ from its first ones.
        """
        self._record, self._alarms, self._terms, self._clock = record, alarms, terms, clock
        self._release, self._anchors = release, anchors

    async def run(self, day: QualityDay) -> StepResult:
        """Watch the day; see `look`."""
        if self._release is not None and self._clock.now() - day.until < FRESH:
            await self._record.saw_release(day.day, await self._release())
        found = await self.look(day.day)
        figures = {"counted": found.counted, "watched": found.watched, "alarms": len(found.alarms)}
        return StepResult(words=found.words[:MOST_WORDS], figures=figures)

    async def look(self, day: date) -> WatchedDay:
        """Watch up to and with this day, as far as its figures are mature."""
        terms, until = await self._terms(), day + DAY
        counted = await fill(self._record, terms, until - timedelta(days=DAYS_KEPT), until, self._clock.now())
        baselines = await self._record.baselines()
        result = WatchedDay(counted, 0)
        watched: list[DriftBaseline] = []
        for one in baselines:
            if why := unwatched(one, terms):
                result.unwatched[why] = result.unwatched.get(why, 0) + 1
            else:
                watched.append(one)
        result.watched = len(watched)
        signed = {(one.indicator, one.topic) for one in baselines}
        for indicator, topic, _ in family(terms):
            if (indicator, topic) not in signed:
                why = unsigned(indicator, terms)
                result.unwatched[why] = result.unwatched.get(why, 0) + 1
        if watched:
            seen = await observations(self._record, terms, min(one.since for one in watched), until)
            # A year's arithmetic would hold up every case of this worker.
            for found in await asyncio.to_thread(replayed, watched, seen, until):
                if alarm := await self._settle(terms, seen, found):
                    result.alarms.append(alarm)
        return result

    async def _settle(self, terms: WatchTerms, seen: Observations, found: ReplayedSeries) -> DriftAlarm | None:
        """Raise the alarm of a series where there is a new one; write down a proof of one that stands."""
        from handrail.quality.watching.evidence import evidence

        one = found.baseline
        days = [day for day in (found.alarmed_on, found.proved_on) if day is not None]
        if not days or found.first_day is None:
            return None
        for standing in await self._alarms.of_baselines([one.baseline_id]):
            if found.proved_on is not None and standing.proved_on is None and standing.acknowledged_by is None:
                await self._alarms.prove(standing.alarm_id, found.proved_on)
            return None
        day = min(days)
        about = await evidence(self._record, terms, seen, one, found.first_day, day)
        kind, detector = AlarmKind.DRIFT, Detector.Z_CUSUM if found.alarmed_on == day else Detector.E_DETECTOR
        if one.series.volume:
            kind, detector = AlarmKind.VOLUME if about.cases else AlarmKind.NO_DATA, Detector.COUNT
        if one.series.judged:
            kind, about = await self._whose(terms, one, about)
        alarm = DriftAlarm(
            kind=kind,
            detector=detector,
            day=day,
            first_day=found.first_day,
            indicator=one.indicator,
            topic=one.topic,
            baseline_id=one.baseline_id,
            evidence=about,
            proved_on=found.proved_on,
        )
        raised = await self._alarms.raise_alarm(alarm)
        if raised:
            _log.warning("%s", raised.words)
        return raised

    async def _whose(self, terms: WatchTerms, one: DriftBaseline, about: AlarmEvidence) -> tuple[AlarmKind, AlarmEvidence]:
        """Tell whose a rise of what the judge fails is: the judge's own where it got stricter on old transcripts."""
        wanted = terms.judged[one.indicator]
        look = await self._anchors(wanted) if self._anchors is not None else None
        if look is None or look.since is None or not look.transcripts:
            words = f"{about.words}; no old transcripts say if the judge itself has moved"
            return AlarmKind.DRIFT, about.model_copy(update={"words": words})
        if look.stricter > look.milder and min(look.p_direction, look.p_number) <= DOUBT:
            words = f"the judge, and not the agent, may have changed: {look.words}. It says: {about.words}"
            return AlarmKind.JUDGE, about.model_copy(update={"words": words, "topics": wanted.topics})
        return AlarmKind.DRIFT, about.model_copy(update={"words": f"{about.words}; the judge stands still on old transcripts"})


async def observations(record: DriftRecord, terms: WatchTerms, since: date, until: date) -> Observations:
    """Read the days and levels of a period."""
    from handrail.quality.watching.observations import Observations

    return Observations(await record.series(sorted(terms.counted), since, until), await record.levels(since, until))


def replayed(watched: Sequence[DriftBaseline], seen: Observations, until: date) -> list[ReplayedSeries]:
    """Run every series' detectors."""
    from handrail.quality.watching.replay import (  # scipy: seconds that no start of a worker waits for
        replay_shares,
        replay_volume,
    )

    shares = replay_shares([one for one in watched if not one.series.volume], seen, until)
    return shares + [replay_volume(one, seen, until) for one in watched if one.series.volume]

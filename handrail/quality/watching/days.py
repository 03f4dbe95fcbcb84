"""Days of the record: counted once they are mature, with the levels at which topics were."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handrail.definitions import Loaded
from handrail.domain.autonomy.topics import Autonomy, strictest
from handrail.domain.outcomes import OutcomeDefinitions
from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.watch.drift import JUDGED, DriftDefinitions, TopicLevel, WatchedSeries, fall_series, judged_series
from handrail.ports.loop.drift import DriftRecord

DAYS_KEPT = 90
"""Days before the one that is looked at which are counted where they are not yet."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """The terms of watching now: both files, and the agent's topics with the level that file and review gate give each."""

    drift: Loaded[DriftDefinitions]
    outcomes: Loaded[OutcomeDefinitions]
    topics: Mapping[str, Autonomy] = field(default_factory=dict)
    judged: Mapping[str, JudgedTerms] = field(default_factory=dict)
    """By series, the criteria whose gates are open."""

    @property
    def zone(self) -> ZoneInfo:
        """The business's time zone."""
        return ZoneInfo(self.outcomes.value.zone)

    @property
    def versions(self) -> dict[str, int]:
        """The version of every series' indicator."""
        known, drift = self.counted, self.drift.value
        named = [*drift.indicators, *map(str, drift.volume), *map(judged_series, drift.judged)]
        rising = {name: known[name] for name in named if name in known}
        return rising | {fall_series(name): known[name] for name in drift.falling if name in known}

    @property
    def counted(self) -> dict[str, int]:
        """The version of every indicator whose days are counted."""
        counted, drift = self.outcomes.value.indicators, self.drift.value
        shares = {name: counted[name].version for name in {**drift.indicators, **drift.falling} if name in counted}
        judged = {judged_series(name): self.judged.get(judged_series(name)) for name in self.drift.value.judged}
        said = {name: one.version for name, one in judged.items() if one is not None}
        return {**shares, **{name.value: 1 for name in self.drift.value.volume}, **said}

    def shift(self, series: WatchedSeries) -> float:
        """Return the change that a share is tuned to; of a judged one, as it shows in what the judge fails."""
        if series.falls:
            return self.drift.value.falling[series.counted].shift
        if not series.judged:
            return self.drift.value.indicators[series.indicator].shift
        wanted = self.drift.value.judged[series.indicator.removeprefix(JUDGED)].shift
        return wanted * self.judged[series.indicator].apart

    @property
    def definitions(self) -> str:
        """The hashes of both files."""
        return f"{self.outcomes.version} {self.drift.version}"

    def begins(self, day: date) -> datetime:
        """Return the first moment of a day of the business."""
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def mature(self, name: str, day: date, now: datetime) -> bool:
        """Tell if what counts on that day is settled."""
        if name in self.judged:
            return False  # known when the day has been judged, see `fill`
        definition = self.outcomes.value.indicators.get(name)
        hours = definition.matures_after_hours if definition else 0
        return self.begins(day + DAY) + timedelta(hours=hours) <= now


Terms = Callable[[], Awaitable[WatchTerms]]


async def fill(record: DriftRecord, terms: WatchTerms, since: date, until: date, now: datetime) -> int:
    """Count every mature day that is not counted, and write down its levels; returns how many days were counted."""
    first = await record.first_case()
    if first is None:
        return 0
    since = max(since, first.astimezone(terms.zone).date())
    counted = await record.counted(terms.counted, since, until)
    done = 0
    for day in days_between(since, until):
        due = {
            name: version
            for name, version in terms.counted.items()
            if (name, day) not in counted and terms.mature(name, day, now)
        }
        if due:
            await record.count(day, terms.begins(day), terms.begins(day + DAY), due, terms.definitions)
            done += 1
    await _judged(record, terms, since, until, counted)
    await _levels(record, terms, since, until, now)
    return done


async def _judged(
    record: DriftRecord, terms: WatchTerms, since: date, until: date, counted: Collection[tuple[str, date]]
) -> None:
    """Count what the judge says of each day that it has judged since its gate opened."""
    watched = {name: one for name, one in terms.judged.items() if name in terms.versions}
    for day in sorted(await record.judged_days(since, until)) if watched else []:
        due = {name: one for name, one in watched.items() if (name, day) not in counted and day >= one.since}
        if due:
            await record.count_judged(day, due, terms.definitions)


async def _levels(record: DriftRecord, terms: WatchTerms, since: date, until: date, now: datetime) -> None:
    known = {(one.topic, one.day) for one in await record.levels(since, until)}
    found: list[TopicLevel] = []
    for day in days_between(since, until):
        missing = [topic for topic in terms.topics if (topic, day) not in known]
        if missing and terms.begins(day + DAY) <= now:
            held = await record.held(missing, terms.begins(day), terms.begins(day + DAY))
            found += [TopicLevel(day=day, topic=topic, level=strictest(terms.topics[topic], held[topic])) for topic in missing]
    if found:
        await record.put_levels(found)


def days_between(since: date, until: date) -> Iterator[date]:
    """Yield the days from `since` up to and without `until`."""
    day = since
    while day < until:
        yield day
        day += DAY


def family(terms: WatchTerms) -> Sequence[tuple[str, str, float]]:
    """Return every series that shares the budget, as (indicator, topic, its part in false alarms a year).

    A judge's criteria are watched over all cases alone: a day's sample is too small for topics; so is a share that says so.
    A criterion has its part also while its gate is closed, so that one that opens takes nothing from a series that is signed.
    """
    drift, known = terms.drift.value, terms.versions
    shares = {**drift.indicators, **{fall_series(name): one for name, one in drift.falling.items()}}
    shares = {name: one for name, one in shares.items() if name in known}
    volumes = {name.value: one.weight for name, one in drift.volume.items()}
    weights = {**{name: one.weight for name, one in shares.items()}, **volumes}
    weights |= {judged_series(name): one.weight for name, one in drift.judged.items()}
    by_topic = {**{name: one.weight for name, one in shares.items() if one.topics}, **volumes}
    topics = sorted(terms.topics) if by_topic else []
    whole = drift.alarms_per_year * (drift.whole if topics else 1)
    together, each = sum(weights.values()), (drift.alarms_per_year - whole) / max(len(topics), 1)
    found = [(name, "", whole * weight / together) for name, weight in weights.items()]
    total = sum(by_topic.values())
    found += [(name, topic, each * weight / total) for topic in topics for name, weight in by_topic.items()]
    return found

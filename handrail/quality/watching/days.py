"""Days of the record: counted once they are mature, with the levels at which topics were."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handrail.definitions import Loaded
from handrail.domain.autonomy.topics import Autonomy, strictest
from handrail.domain.outcomes import OutcomeDefinitions
from handrail.domain.quality.drift import DriftDefinitions, TopicLevel
from handrail.ports.drift import DriftRecord

DAYS_KEPT = 90
"""Days before the one that is looked at which are counted where they are not yet."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """The terms of watching now: both files, and the agent's topics with the level that file and review gate give each."""

    drift: Loaded[DriftDefinitions]
    outcomes: Loaded[OutcomeDefinitions]
    topics: Mapping[str, Autonomy] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The business's time zone."""
        return ZoneInfo(self.outcomes.value.zone)

    @property
    def versions(self) -> dict[str, int]:
        """The version of every indicator that is watched."""
        counted = self.outcomes.value.indicators
        shares = {name: counted[name].version for name in self.drift.value.indicators if name in counted}
        return {**shares, **{name.value: 1 for name in self.drift.value.volume}}

    @property
    def definitions(self) -> str:
        """The hashes of both files."""
        return f"{self.outcomes.version} {self.drift.version}"

    def begins(self, day: date) -> datetime:
        """Return the first moment of a day of the business."""
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def mature(self, name: str, day: date, now: datetime) -> bool:
        """Tell if what counts on that day is settled."""
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
    counted = await record.counted(terms.versions, since, until)
    done = 0
    for day in days_between(since, until):
        due = {
            name: version
            for name, version in terms.versions.items()
            if (name, day) not in counted and terms.mature(name, day, now)
        }
        if due:
            await record.count(day, terms.begins(day), terms.begins(day + DAY), due, terms.definitions)
            done += 1
    await _levels(record, terms, since, until, now)
    return done


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
    """Return every series that shares the budget, as (indicator, topic, its part in false alarms a year)."""
    drift = terms.drift.value
    weights = {name: drift.indicators[name].weight for name in drift.indicators if name in terms.versions}
    weights |= {name.value: one.weight for name, one in drift.volume.items()}
    total = sum(weights.values())
    topics = sorted(terms.topics)
    whole = drift.alarms_per_year * (drift.whole if topics else 1)
    found = [(name, "", whole * weight / total) for name, weight in weights.items()]
    each = (drift.alarms_per_year - whole) / max(len(topics), 1)
    found += [(name, topic, each * weight / total) for topic in topics for name, weight in weights.items()]
    return found

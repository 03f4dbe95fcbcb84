"""Observations: the days of every series, compared with like alone: at the level and under the definition of its baseline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.watch.drift import DriftDay, TopicLevel, WatchedSeries
from handrail.quality.statistics.baselines import Counts
from handrail.quality.statistics.counts import Rows
from handrail.quality.watching.days import days_between

Levels = Mapping[str, Autonomy]
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LearnedDays:
    """The days that a baseline can be learned from: weekdays, cases and bad ones, each of shape (days,)."""

    weekdays: Rows
    cases: Counts
    bad: Counts


class Observations:
    """Figures by series and day, and the topics' levels by day."""

    def __init__(self, days: Iterable[DriftDay], levels: Iterable[TopicLevel]) -> None:
        self._figures: dict[tuple[str, str], dict[date, tuple[float, float, int]]] = defaultdict(dict)
        for one in days:
            self._figures[one.indicator, one.topic][one.day] = (one.cases, one.bad, one.version)
        self._levels: dict[date, dict[str, Autonomy]] = defaultdict(dict)
        for level in levels:
            self._levels[level.day][level.topic] = level.level

    def levels_before(self, until: date) -> dict[str, Autonomy]:
        """Return each topic's level on its last day before `until`."""
        found: dict[str, Autonomy] = {}
        for day in sorted(day for day in self._levels if day < until):
            found |= self._levels[day]
        return found

    def apart(self, day: date, levels: Levels) -> frozenset[str]:
        """Return the topics that were at another level on that day."""
        return frozenset(topic for topic, level in self._levels[day].items() if levels.get(topic, level) is not level)

    def figures(
        self, series: WatchedSeries, day: date, version: int, levels: Levels, without: frozenset[str] = NONE
    ) -> tuple[float, float] | None:
        """Return the day's cases and bad ones; None where it is not counted, or cannot be compared.

        Of the series over all cases, topics that were at another level are taken out, and those in `without`.
        """
        name = series.counted
        whole = self._figures[name, ""].get(day)
        if whole is None or whole[2] != version:
            return None
        apart = NONE if series.volume else self.apart(day, levels)
        if series.topic:
            cases, bad, _ = self._figures[name, series.topic].get(day, (0.0, 0.0, version))
            return None if series.topic in apart else (cases, series.bad(cases, bad))
        cases, bad, _ = whole
        for topic in apart | without:
            less = self._figures[name, topic].get(day, (0.0, 0.0, version))
            cases, bad = cases - less[0], bad - less[1]
        return cases, series.bad(cases, bad)

    def learned(
        self,
        series: WatchedSeries,
        since: date,
        until: date,
        version: int,
        levels: Levels,
        without: frozenset[str] = NONE,
    ) -> LearnedDays:
        """Return the comparable days of a period."""
        found = [
            (day.weekday(), *figures)
            for day in days_between(since, until)
            if (figures := self.figures(series, day, version, levels, without)) is not None
        ]
        columns = np.array(found, dtype=np.float64).reshape(-1, 3)
        return LearnedDays(columns[:, 0].astype(np.int64), columns[:, 1], columns[:, 2])

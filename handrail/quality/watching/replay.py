"""The detectors over every watched series since its baseline came into force: the same days give the same alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from handrail.domain.quality.watch.drift import DriftBaseline
from handrail.quality.statistics.baselines import Baseline
from handrail.quality.statistics.counts import CountBaseline
from handrail.quality.statistics.detectors import YEAR, EDetector, ZCusum
from handrail.quality.watching.baselines import PROOF, learned_shares
from handrail.quality.watching.days import DAY, days_between
from handrail.quality.watching.observations import NONE, Observations


@dataclass(slots=True)
class ReplayedSeries:
    """The first alarm of each detector since the baseline came into force, and the first suspicious day; None where none."""

    baseline: DriftBaseline
    alarmed_on: date | None = None
    first_day: date | None = None
    proved_on: date | None = None


def replay_shares(watched: Sequence[DriftBaseline], seen: Observations, until: date) -> list[ReplayedSeries]:
    """Run z-CUSUM and the e-detector over the days before `until`."""
    found = [ReplayedSeries(one) for one in watched]
    if not watched:
        return found
    normal = _Normal(watched, seen)
    share = np.array([one.alarms for one in watched])
    cusum = ZCusum(normal.usual, np.array([one.shift for one in watched]), np.array([one.threshold for one in watched]))
    proof = EDetector(normal.usual, YEAR / (share * PROOF))
    for day in days_between(min(one.watch_from for one in watched), until):
        cases, bad = normal.day(day)
        cusum.baseline = proof.baseline = normal.today
        hits, proofs = cusum.step(day.weekday(), cases, bad), proof.step(day.weekday(), cases, bad)
        for index in np.flatnonzero(hits | proofs):
            _note(found[index], day, int(cusum.since[index]), hit=bool(hits[index]), proven=bool(proofs[index]))
    return found


def _note(one: ReplayedSeries, day: date, since: int, *, hit: bool, proven: bool) -> None:
    first = day - timedelta(days=max(since - 1, 0))
    if hit and one.alarmed_on is None:
        one.alarmed_on = day
        one.first_day = min(first, one.first_day or first)
    if proven and one.proved_on is None:
        one.proved_on = day
        one.first_day = one.first_day or first


class _Normal:
    """The baselines side by side, a column each; for a day on which topics were at another level, learned without those."""

    def __init__(self, watched: Sequence[DriftBaseline], seen: Observations) -> None:
        self._watched, self._seen = watched, seen
        self._without: dict[tuple[int, frozenset[str]], Baseline | None] = {}
        self.usual = Baseline(
            np.array([one.rates for one in watched]).T.copy(),
            np.array([one.errors for one in watched]).T.copy(),
            np.array([one.spread for one in watched]),
        )
        self.today = self.usual

    def day(
        self, day: date
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Return cases and bad ones of every series; nought where the day counts for nothing."""
        cases, bad = np.zeros(len(self._watched)), np.zeros(len(self._watched))
        self.today = self.usual
        for index, one in enumerate(self._watched):
            if day < one.watch_from:
                continue
            figures = self._seen.figures(one.series, day, one.version, one.levels)
            if figures is None:
                continue
            apart = NONE if one.topic else self._seen.apart(day, one.levels)
            if apart and not self._without_them(index, apart):
                continue
            cases[index], bad[index] = figures
        return cases, bad

    def _without_them(self, index: int, topics: frozenset[str]) -> bool:
        """Put the column without these topics into today's baseline; False where too little is left to compare with."""
        if (index, topics) not in self._without:
            one = self._watched[index]
            days = self._seen.learned(one.series, one.since, one.until, one.version, one.levels, topics)
            try:
                self._without[index, topics] = learned_shares(days)
            except ValueError:
                self._without[index, topics] = None
        found = self._without[index, topics]
        if found is None:
            return False
        if self.today is self.usual:
            self.today = Baseline(self.usual.rates.copy(), self.usual.errors.copy(), self.usual.spread.copy())
        self.today.rates[:, index] = found.rates[:, 0]
        self.today.errors[:, index] = found.errors[:, 0]
        self.today.spread[index] = found.spread[0]
        return True


def replay_volume(one: DriftBaseline, seen: Observations, until: date) -> ReplayedSeries:
    """Look at each day, and at each seven days together, for fewer cases than chance gives."""
    found = ReplayedSeries(one)
    usual = CountBaseline(np.array(one.rates), np.array(one.errors), one.spread)
    week: list[tuple[int, float]] = []
    for day in days_between(one.watch_from, until):
        figures = seen.figures(one.series, day, one.version, one.levels)
        if figures is None:
            week.clear()
            continue
        week = [*week[-6:], (day.weekday(), figures[0])]
        weekdays = np.array([weekday for weekday, _ in week])
        few = usual.chance(weekdays[-1:], figures[0]) < one.threshold
        fewer = len(week) == 7 and usual.chance(weekdays, sum(cases for _, cases in week)) < one.threshold
        if few or fewer:
            found.alarmed_on, found.first_day = day, day if few else day - 6 * DAY
            return found
    return found

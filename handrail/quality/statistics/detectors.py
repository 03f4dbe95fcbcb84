"""Detectors of drift: z-CUSUM raises the alarm early, an e-detector proves it whatever days depend on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from handrail.quality.statistics.baselines import Baseline, Counts

Hits = npt.NDArray[np.bool_]
YEAR = 365
BETS = (0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
"""Parts of the largest bet that cannot lose more than all; mixed, so that nobody has to guess the size of the shift."""
SURE = 1.645
"""Standard errors above the baseline that a proof grants it: in 19 of 20 baselines the true share is not higher."""


@dataclass(slots=True)
class ZCusum:
    """Cumulated sum of each day's distance from its baseline, in standard deviations (Page, 1954).

    Tuned to a share that is higher by `shift`; `threshold` comes from `calibrated` or `rare_threshold`. Works on many
    histories at once, each a column, for which either may be an array. After an alarm it begins anew.
    """

    baseline: Baseline
    shift: float | Counts
    threshold: float | Counts
    total: Counts = field(init=False)
    since: npt.NDArray[np.int64] = field(init=False)
    """Days since the sum was last nought: the alarm's first suspicious day."""

    def __post_init__(self) -> None:
        self.total = np.zeros_like(self.baseline.spread)
        self.since = np.zeros(self.baseline.spread.shape, dtype=np.int64)

    def step(self, weekday: int, cases: Counts, bad: Counts) -> Hits:
        """Take in a day; True where it raises the alarm. A day without a case changes nothing."""
        return self.advance(self.distance(weekday, cases, bad))

    def distance(self, weekday: int, cases: Counts, bad: Counts) -> Counts:
        """Return the standard deviations by which a day is worse than halfway to the shift; 0 for a day without a case."""
        expected, deviation = self.baseline.expected(weekday, cases)
        return np.where(cases > 0, (bad - expected - self.shift * cases / 2) / deviation, 0.0)

    def advance(self, distance: Counts) -> Hits:
        """Add a day's distance; True where it raises the alarm."""
        self.total = np.maximum(self.total + distance, 0)
        self.since = np.where(self.total > 0, self.since + 1, 0)
        hits = self.total > self.threshold
        self.total[hits] = 0
        return hits


@dataclass(slots=True)
class EDetector:
    """Shiryaev–Roberts e-detector on daily shares (Shin, Ramdas and Rinaldo, arXiv 2203.03532).

    Where no day's expected share is above the baseline's upper bound, alarms are at least `run_length` days apart on average,
    whatever days have to do with one another.
    """

    baseline: Baseline
    run_length: float | Counts
    wealth: Counts = field(init=False)

    def __post_init__(self) -> None:
        self.wealth = np.zeros((len(BETS), len(self.baseline.spread)))

    def step(self, weekday: int, cases: Counts, bad: Counts) -> Hits:
        """Take in a day; True where it raises the alarm. A day without a case changes nothing."""
        rate = self.baseline.rates[weekday] + SURE * self.baseline.errors[weekday]
        gain = np.where(cases > 0, bad / np.maximum(cases, 1) / rate - 1, 0)
        grown = (self.wealth + 1) * (1 + np.multiply.outer(np.array(BETS), gain))
        self.wealth = np.where(cases > 0, grown, self.wealth)
        hits: Hits = self.wealth.mean(axis=0) >= self.run_length
        self.wealth[:, hits] = 0
        return hits

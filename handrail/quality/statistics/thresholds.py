"""Thresholds of z-CUSUM for alarms that may be rarer than any year: by simulation, and the tail of what was simulated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from handrail.quality.statistics.baselines import WEEK
from handrail.quality.statistics.detectors import YEAR, ZCusum
from handrail.quality.statistics.worlds import Volume, World, learned_in

QUIET_YEARS = 3
FEWEST_HISTORIES, MOST_HISTORIES = 800, 4_000
EXPECTED = 20
"""Alarms that the simulated years would hold at the threshold, unless there would be too many years."""
TAIL = 60
"""Highest excursions whose decline is fitted."""


def rare_threshold(volume: Volume, alarms: float, *, seed: int = 1) -> float:
    """Find the threshold at which a quiet year has so many `alarms`, the baseline's own error included.

    A sum's excursions above nought are independent of one another, and the highest of them decline exponentially: beyond
    what the years hold, the threshold follows that decline (Siegmund, Sequential Analysis, 1985).
    """
    histories = int(np.clip(EXPECTED / alarms / QUIET_YEARS, FEWEST_HISTORIES, MOST_HISTORIES))
    peaks = _peaks(volume, histories, np.random.default_rng(seed))
    wanted = alarms * histories * QUIET_YEARS
    if wanted >= TAIL:
        return float(peaks[min(round(wanted), len(peaks) - 1)])
    tail = peaks[: TAIL + 1]
    return float(tail[-1] + (tail[:-1] - tail[-1]).mean() * np.log(TAIL / wanted))


def _peaks(volume: Volume, histories: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """The highest point of each excursion, the highest first."""
    world, cusum = World(volume, random, histories), ZCusum(learned_in(volume, random, histories), volume.shift, np.inf)
    highest, found = np.zeros(histories), []
    for number in range(QUIET_YEARS * YEAR):
        cusum.step(number % WEEK, *world.day(number))
        ended = (cusum.total == 0) & (highest > 0)
        found.append(highest[ended])
        highest = np.where(ended, 0.0, np.maximum(highest, cusum.total))
    return np.sort(np.concatenate([*found, highest]))[::-1]

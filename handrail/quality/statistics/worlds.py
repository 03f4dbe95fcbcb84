"""Worlds to try detectors in: days of cases, drawn by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from handrail.quality.statistics.baselines import WEEK, Baseline, Counts
from handrail.quality.statistics.detectors import Hits

Step = Callable[[int, Counts, Counts], Hits]


@dataclass(frozen=True, slots=True)
class Volume:
    """An indicator before anybody relies on it: cases by weekday, of which shares of `rates` are bad, seven of each.

    `spread` is the correlation between the cases of one day (days alike: 0), `shift` the rise of the share to be noticed.
    """

    cases: tuple[int, ...]
    rates: tuple[float, ...]
    shift: float
    spread: float = 0.0
    baseline_days: int = 56

    @classmethod
    def even(cls, cases: int, rate: float, shift: float, spread: float = 0.0, baseline_days: int = 56) -> Volume:
        """Return the volume of a week whose days are alike."""
        return cls((cases,) * WEEK, (rate,) * WEEK, shift, spread, baseline_days)


@dataclass(slots=True)
class World:
    """Days of so many histories, drawn from a beta-binomial distribution."""

    volume: Volume
    random: np.random.Generator
    histories: int

    def day(self, number: int) -> tuple[Counts, Counts]:
        """Draw the cases and the bad ones of a day, of shape (histories,) each."""
        spread, rate, cases = self.volume.spread, self.volume.rates[number % WEEK], self.volume.cases[number % WEEK]
        if spread:
            size = (1 - spread) / spread
            rates = self.random.beta(rate * size, (1 - rate) * size, self.histories)
        else:
            rates = np.full(self.histories, rate)
        return np.full(self.histories, float(cases)), self.random.binomial(cases, rates).astype(np.float64)

    def days(self, step: Step, count: int) -> Iterator[Hits]:
        """Yield what a detector makes of each of so many days."""
        for number in range(count):
            yield step(number % WEEK, *self.day(number))


def learned_in(volume: Volume, random: np.random.Generator, histories: int) -> Baseline:
    """Learn a baseline in each of so many quiet histories."""
    world = World(volume, random, histories)
    days = [world.day(number) for number in range(volume.baseline_days)]
    weekdays = np.arange(volume.baseline_days) % WEEK
    return Baseline.learned(weekdays, np.stack([cases for cases, _ in days]), np.stack([bad for _, bad in days]))

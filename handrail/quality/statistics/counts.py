"""Counts of cases a day, and how unlikely it is that by chance so few come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom, poisson

from handrail.quality.statistics.baselines import FEWEST_DAYS, WEEK, Counts

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountBaseline:
    """Cases a day by weekday in the mean, of shape (7,), their standard errors, and by how much days differ beyond chance.

    `overdispersion` is that of a negative binomial: the variance is `mean + overdispersion * mean ** 2`.
    """

    means: Counts
    errors: Counts
    overdispersion: float

    @classmethod
    def learned(cls, weekdays: Rows, cases: Counts) -> CountBaseline:
        """Learn from `weekdays` and `cases`, both of shape (days,).

        Raises:
            ValueError: fewer than 28 days, or a weekday without one.
        """
        if len(weekdays) < FEWEST_DAYS or len(set(weekdays.tolist())) < WEEK:
            raise ValueError(f"A baseline needs {FEWEST_DAYS} days with every weekday, here are {len(weekdays)}.")
        means = np.array([cases[weekdays == day].mean() for day in range(WEEK)])
        number = np.array([(weekdays == day).sum() for day in range(WEEK)])
        expected = means[weekdays]
        lost = len(cases) / max(len(cases) - WEEK, 1)  # the weekdays' means were learned from the same days
        beyond = ((cases - expected) ** 2 * lost - expected).sum()
        over = float(np.clip(beyond / max((expected**2).sum(), 1e-12), 0, 4))
        return cls(means, np.sqrt((means + over * means**2) / number), over)

    def chance(self, weekdays: Rows, cases: float) -> float:
        """Return the probability that so few cases come in all of these days together, the baseline's own error included."""
        mean = float(self.means[weekdays].sum())
        variance = float((self.means[weekdays] + self.overdispersion * self.means[weekdays] ** 2).sum())
        variance += float((self.errors[weekdays] ** 2).sum())
        if mean <= 0:
            return 1.0
        if variance <= mean * (1 + 1e-9):
            return float(poisson.cdf(cases, mean))
        size = mean**2 / (variance - mean)
        return float(nbinom.cdf(cases, size, size / (size + mean)))

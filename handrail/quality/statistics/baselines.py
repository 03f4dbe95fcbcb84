"""Baselines: the share of bad cases by weekday and how far days differ, learned from days that a person vouches for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
WEEK = 7
FEWEST_DAYS = 28
"""Fewer days say too little of how far days differ."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The quiet state of an indicator.

    `rates` are shares by weekday, of shape (7, histories), `errors` their standard errors; `spread` is the correlation
    between the cases of one day, of shape (histories,): 0 where days differ by chance alone.
    """

    rates: Counts
    errors: Counts
    spread: Counts

    @classmethod
    def learned(cls, weekdays: npt.NDArray[np.int64], cases: Counts, bad: Counts) -> Baseline:
        """Learn from `weekdays` (days,), `cases` and `bad` (days, histories).

        A weekday differs from the others only as far as its days show it: its own share is drawn to that of all days by the
        method of moments (DerSimonian and Laird, 1986).

        Raises:
            ValueError: fewer than 28 days, or a history without a case.
        """
        if len(weekdays) < FEWEST_DAYS:
            raise ValueError(f"A baseline needs {FEWEST_DAYS} days, here are {len(weekdays)}.")
        if not cases.sum(axis=0).all():
            raise ValueError("A baseline needs cases, here is none.")
        overall = _within(bad.sum(axis=0) / cases.sum(axis=0), cases.sum(axis=0))
        own = np.stack([_share(bad[weekdays == day], cases[weekdays == day], overall) for day in range(WEEK)])
        spread = _spread(cases, bad, own[weekdays])
        volume = np.stack([cases[weekdays == day].sum(axis=0) for day in range(WEEK)])
        each = cases.mean(axis=0)
        chance = overall * (1 - overall) * (1 + (each - 1) * spread)
        variance = chance / np.maximum(volume, 1)
        between = np.maximum(((own - overall) ** 2).mean(axis=0) * WEEK / (WEEK - 1) - variance.mean(axis=0), 0)
        trust = between / (between + variance)
        error = np.sqrt(trust * variance + (1 - trust) ** 2 * chance / cases.sum(axis=0))
        return cls(overall + trust * (own - overall), error, spread)

    def expected(self, weekday: int, cases: Counts) -> tuple[Counts, Counts]:
        """Return how many bad cases to expect of so many on that weekday, and their standard deviation."""
        rate = self.rates[weekday]
        variance = cases * rate * (1 - rate) * (1 + (cases - 1) * self.spread)
        return cases * rate, np.sqrt(np.maximum(variance, 1e-12))


def _within(share: Counts, cases: Counts) -> Counts:
    """The share, never nought or whole: half a case is always missing."""
    return np.clip(share, 0.5 / (cases + 1), 1 - 0.5 / (cases + 1))


def _share(bad: Counts, cases: Counts, overall: Counts) -> Counts:
    total = cases.sum(axis=0)
    return np.where(total > 0, bad.sum(axis=0) / np.maximum(total, 1), overall)


def _spread(cases: Counts, bad: Counts, rates: Counts) -> Counts:
    """The correlation within a day, by moments: how much more days differ than chance makes them (never below 0)."""
    chance = rates * (1 - rates)
    lost = len(cases) / max(len(cases) - WEEK, 1)  # the weekdays' own shares were learned from the same days
    more = ((bad - cases * rates) ** 2 * lost - cases * chance).sum(axis=0)
    pairs = (cases * (cases - 1) * chance).sum(axis=0)
    return np.asarray(np.clip(more / np.maximum(pairs, 1e-12), 0.0, 1.0), dtype=np.float64)

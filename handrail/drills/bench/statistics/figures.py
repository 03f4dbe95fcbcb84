"""Medians, spreads, and ratios with bootstrap intervals over rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from statistics import median

from handrail.domain.base import Stored

DRAWS = 2_000
SEED = 7
OUTSIDE = 0.05
"""Share of the draws that lies outside an interval."""


class Ratio(Stored):
    """A ratio and the interval that holds 95 of 100 draws of it."""

    value: float
    low: float
    high: float


def mad(values: Sequence[float]) -> float:
    """Return the median distance from the median."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie, between neighbours in proportion.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("values: there are none.")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def bootstrap(rounds: int, statistic: Callable[[Sequence[int]], float]) -> Ratio:
    """Return `statistic` over all rounds, and its interval over rounds drawn with replacement.

    `statistic` receives the numbers of the rounds to count; the same rounds give the same interval.
    """
    chance = Random(SEED)  # noqa: S311 - draws for an interval, no secret
    draws = [statistic([chance.randrange(rounds) for _ in range(rounds)]) for _ in range(DRAWS)]
    low, high = percentile(draws, OUTSIDE / 2), percentile(draws, 1 - OUTSIDE / 2)
    return Ratio(value=statistic(range(rounds)), low=low, high=high)


def paired(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Return the median of the rounds' own ratios: what slows a whole round slows both."""
    ratios = [one / other for one, other in zip(above, below, strict=True)]
    return bootstrap(len(ratios), lambda rounds: median(ratios[number] for number in rounds))


def pooled(above: Sequence[Sequence[float]], below: Sequence[Sequence[float]], share: float) -> Ratio:
    """Return the ratio of two percentiles over the samples of all rounds; whole rounds are drawn."""

    def statistic(rounds: Sequence[int]) -> float:
        mine = [value for number in rounds for value in above[number]]
        theirs = [value for number in rounds for value in below[number]]
        return percentile(mine, share) / percentile(theirs, share)

    return bootstrap(min(len(above), len(below)), statistic)

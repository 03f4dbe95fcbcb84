"""Intervals: Wilson's for a share; for a mean or a median the bootstrap by customer, of very many their sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Any, cast

import numpy as np

from handrail.domain.outcomes import Statistic

SEED = 20_260_504
"""Fixed, so that the same record gives the same interval."""
AT_ONCE = 4_000_000
"""Drawn values that are held in memory at a time."""
FEW = 5_000
"""Customers who are drawn anew for an interval; of more, it comes from their sums, to which the bootstrap tends."""
Interval = tuple[float, float]
Numbers = np.ndarray[tuple[int], np.dtype[Any]]


def wilson(successes: int, n: int, confidence: float) -> Interval:
    """Return Wilson's interval of a share, both ends parts of 1.

    Raises:
        ValueError: there are none, or more successes than cases.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} of {n} is no share. Give at least one case, and no more successes than cases.")
    share, z = successes / n, _z(confidence)
    shrunk = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (shrunk - spread) / (1 + z * z / n), (shrunk + spread) / (1 + z * z / n)
    return low if successes else 0.0, high if successes < n else 1.0


def center(values: Sequence[float] | Numbers, statistic: Statistic) -> float:
    """Return the mean or the median of at least one value."""
    return float(np.median(values) if statistic is Statistic.MEDIAN else np.mean(values))


def interval_by_customer(
    values: Numbers, customers: Numbers, statistic: Statistic, confidence: float, resamples: int
) -> Interval | None:
    """Return the interval of a mean or a median over customers, each given by a place; None for a single customer.

    A customer's cases resemble one another: an interval over cases would be too narrow.
    """
    known = np.bincount(customers) > 0
    place = (np.cumsum(known) - 1)[customers]
    if np.count_nonzero(known) <= FEW:
        return bootstrap_by_customer(values, place, statistic, confidence, resamples)
    by_sums = median_by_customer if statistic is Statistic.MEDIAN else mean_by_customer
    return by_sums(values, place, confidence)


def bootstrap_by_customer(
    values: Sequence[float] | Numbers,
    customers: Sequence[str] | Numbers,
    statistic: Statistic,
    confidence: float,
    resamples: int,
) -> Interval | None:
    """Return the percentile interval over resampled customers, each with all their cases; None for a single customer."""
    _, place = np.unique(np.asarray(customers), return_inverse=True)
    count = int(place.max()) + 1
    if count < 2:
        return None
    generator = np.random.default_rng(SEED)
    numbers = np.asarray(values, dtype=float)
    estimates: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
    left = resamples
    while left > 0:
        size = min(left, max(1, AT_ONCE // max(count, len(numbers))))
        drawn = _drawn(generator, count, size)
        estimates.append(_estimates(numbers, drawn, place, count, statistic))
        left -= size
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(estimates), [tail, 1 - tail])
    return float(low), float(high)


def mean_by_customer(values: Numbers, place: Numbers, confidence: float) -> Interval:
    """Return the interval of a mean out of sums by customer, whose places are given; there are at least two of them.

    The mean is a ratio of two sums over customers; its error is that of the linearised ratio (Cochran, Sampling Techniques,
    1977, 6.4).
    """
    mean = float(np.mean(values))
    width = _z(confidence) * _error(values, place)
    return mean - width, mean + width


def median_by_customer(values: Numbers, place: Numbers, confidence: float) -> Interval:
    """Return the interval of a median out of counts by customer, whose places are given; there are at least two of them.

    Its ends are the values between which the share of lower values may lie, given that share's error over customers
    (Woodruff, Confidence Intervals for Medians and Other Position Measures, 1952).
    """
    ordered = np.sort(values)
    width = _z(confidence) * _error((values <= np.median(ordered)).astype(float), place)
    low, high = np.quantile(ordered, [max(0.0, 0.5 - width), min(1.0, 0.5 + width)], method="inverted_cdf")
    return float(low), float(high)


def _z(confidence: float) -> float:
    """Return how many standard errors an interval reaches to each side."""
    # The standard library's: a command that only counts would wait a second for scipy.
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _error(values: Numbers, place: Numbers) -> float:
    """Return the standard error of the mean of the values over customers."""
    sums, sizes = np.bincount(place, values), np.bincount(place)
    away = sums - float(np.mean(values)) * sizes
    customers = len(sizes)
    return float(np.sqrt(away @ away * customers / (customers - 1))) / len(values)


def _drawn(generator: np.random.Generator, count: int, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return how often each of `count` customers was drawn, in `size` rows."""
    picks = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
    return np.bincount(picks.ravel(), minlength=size * count).reshape(size, count)


def _estimates(
    numbers: np.ndarray[tuple[int], np.dtype[np.float64]],
    drawn: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    place: np.ndarray[tuple[int], np.dtype[np.intp]],
    count: int,
    statistic: Statistic,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a figure for each row of `drawn`, which says how often each customer was drawn."""
    if statistic is Statistic.MEAN:
        sums = np.bincount(place, weights=numbers, minlength=count)
        sizes = np.bincount(place, minlength=count)
        return cast("np.ndarray[tuple[int], np.dtype[np.float64]]", (drawn @ sums) / (drawn @ sizes))
    order = np.argsort(numbers, kind="stable")
    weights = drawn[:, place[order]].cumsum(axis=1)
    total = weights[:, -1:]
    lower = (weights * 2 >= total).argmax(axis=1)
    upper = (weights * 2 > total).argmax(axis=1)
    ordered = numbers[order]
    return cast("np.ndarray[tuple[int], np.dtype[np.float64]]", (ordered[lower] + ordered[upper]) / 2)

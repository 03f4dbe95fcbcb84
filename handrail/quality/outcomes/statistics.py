"""Intervals: Wilson's for a share, the bootstrap by customer for a mean or a median, sums by customer for very many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from scipy.stats import binomtest, norm

from handrail.domain.outcomes import OutcomeMoments, Statistic

SEED = 20_260_504
"""Fixed, so that the same record gives the same interval."""
AT_ONCE = 4_000_000
"""Drawn values that are held in memory at a time."""
Interval = tuple[float, float]


def wilson(successes: int, n: int, confidence: float) -> Interval:
    """Return Wilson's interval of a share, both ends parts of 1.

    Raises:
        ValueError: there are none, or more successes than cases.
    """
    found = binomtest(successes, n).proportion_ci(confidence_level=confidence, method="wilson")
    return float(found.low), float(found.high)


def center(values: Sequence[float], statistic: Statistic) -> float:
    """Return the mean or the median of at least one value."""
    return float(np.median(values) if statistic is Statistic.MEDIAN else np.mean(values))


def bootstrap_by_customer(
    values: Sequence[float], customers: Sequence[str], statistic: Statistic, confidence: float, resamples: int
) -> Interval | None:
    """Return the percentile interval over resampled customers, each with all their cases; None for a single customer.

    A customer's cases resemble one another: drawing cases would make the interval too narrow.
    """
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


def mean_by_customer(moments: OutcomeMoments, n: int, customers: int, confidence: float) -> Interval | None:
    """Return the interval of a mean out of sums by customer; None for a single customer.

    The mean is a ratio of two sums over customers; its error is that of the linearised ratio (Cochran, Sampling Techniques,
    1977, 6.4), to which the bootstrap over customers tends as they become many.
    """
    if customers < 2:
        return None
    mean = moments.total / n
    spread = moments.squares - 2 * mean * moments.products + mean * mean * moments.sizes
    error = float(np.sqrt(max(spread, 0.0) * customers / (customers - 1))) / n
    width = float(norm.ppf(0.5 + confidence / 2)) * error
    return mean - width, mean + width


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

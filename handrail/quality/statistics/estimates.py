"""Shares estimated from a stratified sample, with intervals.

The share is Hájek's ratio of two weighted totals (Särndal, Swensson and Wretman, Model Assisted Survey Sampling, 5.7), its
variance that of the linearised residuals within strata, with a stratum of one case held against the whole (Lumley, Complex
Surveys, on lonely units). There is no finite population correction: the interval speaks of how cases are answered, not only of
the cases of these days, so that a sample of all cases gives Wilson's interval. It is Wilson's at the effective number of cases
(Korn and Graubard, Survey Methodology 24, 1998), which stays between 0 and 1 and has a width where nothing bad was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightedShare:
    """A share of `n` cases that were measured, which stand for `total`; `effective` cases of a simple sample say as much."""

    n: int
    total: float
    effective: float
    value: float
    low: float
    high: float


def weighted_share(
    weights: Sequence[float], strata: Sequence[str], hits: Sequence[bool], confidence: float = 0.95
) -> WeightedShare | None:
    """Estimate the share of hits; None where there is no case.

    `weights` are one by the probability of each case; `strata` tell which cases were drawn alike, days apart.
    """
    if not len(weights):
        return None
    w, y = np.asarray(weights, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    total = float(w.sum())
    share = float((w * y).sum()) / total
    variance = _variance(w * (y - share) / total, np.asarray(strata))
    kish = total**2 / float((w**2).sum())
    effective = min(share * (1 - share) / variance, float(len(w))) if variance > 0 else kish
    low, high = _wilson(share, effective, confidence)
    return WeightedShare(len(w), total, effective, share, low, high)


def _variance(residuals: Floats, strata: NDArray[np.str_]) -> float:
    """The variance of the sum of residuals, each times its weight: they sum to zero over all strata."""
    found = 0.0
    for stratum in np.unique(strata):
        within = residuals[strata == stratum]
        n = len(within)
        found += float(within[0] ** 2) if n == 1 else n / (n - 1) * float(((within - within.mean()) ** 2).sum())
    return found


def _wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    z = float(norm.ppf((1 + confidence) / 2))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return (0.0 if share == 0 else max(0.0, middle - half)), (1.0 if share == 1 else min(1.0, middle + half))

"""Agreement of arms of the same kind; where they did not come out alike, no ratio can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import ceil
from statistics import median

from handrail.drills.bench.statistics.figures import mad

TOLERANCE = 0.15


def disagreements(same: Mapping[str, Sequence[float]], tolerance: float = TOLERANCE) -> list[str]:
    """Return why no ratio may be formed; empty where the arms agree.

    `same` holds a value per round for each arm that did the same work: on another stack, or at another time of the round.
    """
    return [*between_arms(same, tolerance), *between_rounds(same, tolerance)]


def between_arms(same: Mapping[str, Sequence[float]], tolerance: float) -> Iterator[str]:
    """Yield a line for each pair of arms that differ."""
    for (first, mine), (second, theirs) in combinations(same.items(), 2):
        quotient = median(one / other for one, other in zip(mine, theirs, strict=True))
        apart = max(quotient, 1 / quotient) - 1
        if apart > tolerance:
            yield f"{first} and {second} did the same work and came out {percent(apart)} apart (at most {percent(tolerance)})"


def between_rounds(same: Mapping[str, Sequence[float]], tolerance: float) -> Iterator[str]:
    """Yield a line for each arm of which half of the rounds lie too far from its middle round."""
    for name, values in same.items():
        spread = mad(values) / median(values)
        if spread > tolerance:
            yield f"{name} came out {percent(spread)} apart from round to round (at most {percent(tolerance)})"


def percent(share: float) -> str:
    """Return a share in whole percent, rounded up: what is over a bound reads as over it."""
    return f"{ceil(round(share * 100, 6))}%"

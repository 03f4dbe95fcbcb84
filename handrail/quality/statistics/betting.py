"""A bet against "the candidate is not worse than the control beside it": an e-process, valid at any moment it is looked at.

Each candidate's value is set against the mean of the controls of its own day, so that what hits both arms alike, a bad
Monday or a sale, moves nothing. Under the hypothesis no stake grows in the mean; by Ville's inequality one that ever reaches
1 / alpha does so by chance at most with probability alpha, however often and whenever it is looked at. Source: Waudby-Smith
and Ramdas, "Estimating means of bounded random variables by betting"; the mixture over stakes needs no tuning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STAKES = 24
SMALLEST = 0.01
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedDay:
    """The values of both arms on one day, each between 0 (good) and 1 (bad), in an order that their values did not make."""

    candidate: Sequence[float]
    control: Sequence[float]


def bets(margin: float) -> Values:
    """Return the stakes of the mixture: geometric, up to half of the one that could lose everything at once."""
    return np.asarray(np.geomspace(SMALLEST, 0.5 / (1 + margin), STAKES), dtype=np.float64)


def differences(day: PairedDay) -> Values:
    """Return the difference of each candidate to the mean of its block of controls; blocks are as even as can be.

    Where there are fewer controls than candidates, as many candidates stand for one control. Empty where an arm is.
    """
    candidate, control = np.asarray(day.candidate, dtype=np.float64), np.asarray(day.control, dtype=np.float64)
    pairs = min(len(candidate), len(control))
    if not pairs:
        return np.zeros(0)
    return np.asarray(
        [
            float(one.mean() - other.mean())
            for one, other in zip(np.array_split(candidate, pairs), np.array_split(control, pairs), strict=True)
        ]
    )


def log_wealth(days: Sequence[PairedDay], margin: float) -> list[float]:
    """Return the logarithm of the wealth behind each day, of a bet that the candidate is worse by more than `margin`.

    Raises:
        ValueError: a value, or the margin, is not between 0 and 1.
    """
    if not 0 <= margin < 1:
        raise ValueError(f"the margin {margin:g} is not between 0 and 1")
    stakes, found = bets(margin), list[float]()
    wealth = np.full(STAKES, -math.log(STAKES))
    for day in days:
        if any(not 0 <= value <= 1 for value in (*day.candidate, *day.control)):
            raise ValueError("a value is not between 0 and 1")
        moved = differences(day) - margin
        wealth = wealth + np.log1p(np.outer(moved, stakes)).sum(axis=0)
        found.append(float(np.logaddexp.reduce(wealth)))
    return found


@dataclass(frozen=True, slots=True)
class Sequential:
    """The state of a sequential comparison. `worse` and `not_worse` are wealths (1 at the start), the highest so far.

    `crossed` is the number of the first day behind which `worse` reached its threshold, counted from 0; None where none did.
    `rates` are the candidate's and the control's means, of `sizes` values each.
    """

    worse: float
    not_worse: float
    crossed: int | None
    proven_on: int | None
    rates: tuple[float, float]
    sizes: tuple[int, int]


def compared(days: Sequence[PairedDay], margin: float, alpha: float) -> Sequential:
    """Compare the arms day by day: is the candidate worse by more than the margin, and is it surely not?

    The second bet is the first one with the arms exchanged: it wins where candidate minus control is below the margin.
    """
    worse = log_wealth(days, margin)
    better = not_worse(days, margin)
    threshold = math.log(1 / alpha)
    sizes = (sum(len(day.candidate) for day in days), sum(len(day.control) for day in days))
    rates = tuple(
        sum(sum(values) for values in arm) / size if size else 0.0
        for arm, size in zip(([day.candidate for day in days], [day.control for day in days]), sizes, strict=True)
    )
    return Sequential(
        worse=_highest(worse),
        not_worse=_highest(better),
        crossed=_first(worse, threshold),
        proven_on=_first(better, threshold),
        rates=(rates[0], rates[1]),
        sizes=sizes,
    )


def not_worse(days: Sequence[PairedDay], margin: float) -> list[float]:
    """Return the logarithm of the wealth behind each day, of a bet that the candidate is worse by less than `margin`."""
    stakes, found = bets(margin), list[float]()
    wealth = np.full(STAKES, -math.log(STAKES))
    for day in days:
        wealth = wealth + np.log1p(np.outer(margin - differences(day), stakes)).sum(axis=0)
        found.append(float(np.logaddexp.reduce(wealth)))
    return found


def _first(found: Sequence[float], threshold: float) -> int | None:
    return next((number for number, value in enumerate(found) if value >= threshold), None)


def _highest(found: Sequence[float]) -> float:
    return math.exp(min(max(found, default=0.0), 700.0))

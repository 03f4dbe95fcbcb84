"""Thresholds that keep a promise: at most so much error among what is answered, even when out-of-scope messages abound.

Answering an out-of-scope message is an error, and within scope errors are fewer, so that the error grows with the share of
out-of-scope messages: what holds at the largest stated share holds at every smaller one. Errors within scope and acceptances
from outside are counted apart, on cross-fitted scores, each with the one more that a new message may add (conformal risk
control, Angelopoulos et al. 2024), mixed at the stated share; the threshold is the smallest at which this bound is below the
stated error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handrail.routing.model.features import Floats
from handrail.routing.model.gate import Flags

NEVER = 1.01
"""A threshold that no confidence reaches."""
FEW_OUTSIDE = 0.03
"""The share out of scope that the confidence in a label is learnt for: at a large one it would spend itself on what is out of
scope, which the gate of scope tells, and rank the labels worse."""
UNFORESEEN_SHARE = 1 / 6
"""How much of what is out of scope is taken to be as close to the labels as one of them left out is to the others."""


@dataclass(frozen=True)
class Outcomes:
    """Scored messages. `confidence` is the one that is compared with a threshold; `right` is False for all from outside."""

    confidence: Floats
    right: Flags
    inside: Flags

    def only(self, rows: npt.NDArray[np.intp]) -> Outcomes:
        """Choose the outcomes at the given places, which may come up more than once."""
        return Outcomes(self.confidence[rows], self.right[rows], self.inside[rows])


def threshold(outcomes: Outcomes, *, error: float, share: float, unforeseen: Flags | None = None) -> float:
    """The smallest confidence from which answers err at most with `error` (0 to 1) when `share` is out of scope.

    `unforeseen` are the messages from outside that only stand for such: together they weigh `UNFORESEEN_SHARE` of the share,
    however many they are. `NEVER` where no threshold keeps the error.
    """
    cuts = np.unique(outcomes.confidence)[::-1]
    stand_in = np.zeros(len(outcomes.inside), dtype=bool) if unforeseen is None else unforeseen
    kept = np.flatnonzero(_bound(outcomes, cuts, share, stand_in) <= error)
    return float(cuts[kept[-1]]) if len(kept) else NEVER


def _bound(outcomes: Outcomes, cuts: Floats, share: float, unforeseen: Flags) -> Floats:
    inside, outside = outcomes.inside, ~outcomes.inside
    wrong = (_from(outcomes.confidence[inside & ~outcomes.right], cuts) + 1) / (inside.sum() + 1)
    answered = _from(outcomes.confidence[inside], cuts) / (inside.sum() + 1)
    groups = [(outside & ~unforeseen, 1 - UNFORESEEN_SHARE), (outside & unforeseen, UNFORESEEN_SHARE)]
    there = [(rows, part) for rows, part in groups if rows.any()]
    whole = sum(part for _, part in there)
    taken = np.zeros(len(cuts))
    for rows, part in there:
        taken += part / whole * (_from(outcomes.confidence[rows], cuts) + 1) / (rows.sum() + 1)
    mixed = share if outside.any() else 0.0
    errors: Floats = (1 - mixed) * wrong + mixed * taken
    found: Floats = errors / np.maximum((1 - mixed) * answered + mixed * taken, 1e-9)
    return found


def _from(confidence: Floats, cuts: Floats) -> Floats:
    """Count the messages that are at least as sure as each cut."""
    below: Floats = np.searchsorted(np.sort(confidence), cuts, side="left").astype(np.float64)
    above: Floats = len(confidence) - below
    return above


def weights(inside: Flags, share: float | None) -> Floats:
    """Weigh the messages so that `share` of the weight is out of scope; all the same without a share."""
    weight = np.ones(len(inside))
    if share is not None and inside.any() and not inside.all():
        weight[inside] = (1 - share) / inside.sum()
        weight[~inside] = share / (~inside).sum()
    even: Floats = weight / weight.mean()
    return even


def kept_error(outcomes: Outcomes, cut: float, share: float | None = None) -> float | None:
    """The share of errors among what is answered from `cut` on, at the given share out of scope; None: nothing answered."""
    weight = weights(outcomes.inside, share)
    answered = outcomes.confidence >= cut
    if not answered.any():
        return None
    return float(weight[answered & ~outcomes.right].sum() / weight[answered].sum())


def curve(outcomes: Outcomes, share: float | None = None) -> tuple[Floats, Floats]:
    """Coverage (of the messages within scope) and error among the answers, as less and less sure messages are answered.

    Messages of equal confidence are answered together.
    """
    order = np.argsort(-outcomes.confidence, kind="stable")
    weight = weights(outcomes.inside, share)[order]
    right, inside = outcomes.right[order], outcomes.inside[order]
    last = np.r_[np.diff(outcomes.confidence[order]) != 0, True]
    error = np.cumsum(weight * ~right) / np.cumsum(weight)
    coverage = np.cumsum(inside) / max(int(inside.sum()), 1)
    return coverage[last], error[last]


def coverage_at(outcomes: Outcomes, errors: Sequence[float]) -> list[float]:
    """The largest coverage whose error is at most each of `errors`."""
    coverage, error = curve(outcomes)
    return [float(coverage[error <= limit].max(initial=0.0)) for limit in errors]

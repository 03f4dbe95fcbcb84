"""Trust in the best label: a logistic regression over what the scores show, kept as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handrail.routing.model.features import Floats

Flags = npt.NDArray[np.bool_]

SHARPNESS = 3.0
STRENGTH = 0.3


def evidence(scores: Floats, outside: Floats, known: Floats) -> Floats:
    """Return what the scores of one model show about its best label, one row per message.

    `scores` has a column per label, `outside` is the score of "none of them", `known` the share (0 to 1) of the message that
    training ever saw. Columns: best score, its lead, energy (Liu et al. 2020), outside, known, known by best, third score.
    """
    ranked = -np.partition(-scores, min(2, scores.shape[1] - 1), axis=1)[:, :3]
    top, second, third = ranked[:, 0], ranked[:, 1], ranked[:, -1]
    energy = top + np.log(np.exp(SHARPNESS * (scores - top[:, None])).sum(axis=1)) / SHARPNESS
    return np.column_stack([top, top - second, energy, outside, known, known * top, third])


def logistic(values: Floats) -> Floats:
    """1 / (1 + exp(-x)) of each, without overflow."""
    small = np.exp(-np.abs(values))
    found: Floats = np.where(values >= 0, 1 / (1 + small), small / (1 + small))
    return found


@dataclass(frozen=True)
class Calibrator:
    """Probabilities from evidence: `logistic((evidence - centre) / scale @ weights + bias)`."""

    centre: Floats
    scale: Floats
    weights: Floats
    bias: float

    @classmethod
    def learn(cls, rows: Floats, target: Flags, weight: Floats) -> Calibrator:
        """`weight` is how much each row counts; the probabilities are calibrated for the mixture that it describes."""
        from sklearn.linear_model import LogisticRegression  # a second to load, and only where something is learnt

        centre, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
        fitted = LogisticRegression(C=STRENGTH, max_iter=1_000).fit((rows - centre) / scale, target, sample_weight=weight)
        return cls(centre, scale, fitted.coef_[0], float(fitted.intercept_[0]))

    def probability(self, rows: Floats) -> Floats:
        """One per row."""
        return logistic((rows - self.centre) / self.scale @ self.weights + self.bias)

    def array(self) -> Floats:
        """All numbers in one array of 3 rows and a last column for the bias; see `of`."""
        table = np.vstack([self.centre, self.scale, self.weights])
        return np.column_stack([table, [self.bias, 0.0, 0.0]])

    @classmethod
    def of(cls, array: Floats) -> Calibrator:
        """The gate that `array` was made from."""
        return cls(array[0, :-1], array[1, :-1], array[2, :-1], float(array[0, -1]))

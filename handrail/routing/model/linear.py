"""Labels of thousands of messages: a linear support vector machine for each label against the rest, over the same features.

Ten thousand messages and 77 labels train in seconds, a message is scored in a tenth of a millisecond, and what is kept are
weights of features, no customer's sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from handrail.routing.model.features import WIDTH, Floats

Rows = npt.NDArray[np.intp]

PENALTY = 2.0
TOLERANCE = 1e-2
SEED = 20


@dataclass(frozen=True)
class Linear:
    """`weights` has a row for each feature in `columns`, a column for each class; scores are around -1 (no) and 1 (yes)."""

    columns: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    _place: npt.NDArray[np.int32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        place = np.full(max(WIDTH, int(self.columns.max(initial=0)) + 1), -1, dtype=np.int32)
        place[self.columns] = np.arange(len(self.columns), dtype=np.int32)
        object.__setattr__(self, "_place", place)

    @classmethod
    def learn(cls, vectors: csr_matrix, classes: Rows, weight: Floats, count: int) -> Linear:
        """`classes` are numbers below `count`; a class without a row always scores -1, a single class too."""
        columns = np.unique(vectors.indices).astype(np.int32)
        if len(np.unique(classes)) < 2:
            return cls(columns, np.zeros((len(columns), count), dtype=np.float32), np.full(count, -1.0, dtype=np.float32))
        machine = LinearSVC(C=PENALTY, tol=TOLERANCE, dual=True, random_state=SEED)
        machine.fit(vectors[:, columns], classes, sample_weight=weight)
        # With two classes there is one row of weights, that of the second.
        coefficients, intercepts = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:
            coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.r_[-intercepts, intercepts]
        weights = np.zeros((len(columns), count), dtype=np.float32)
        bias = np.full(count, -1.0, dtype=np.float32)
        weights[:, machine.classes_], bias[machine.classes_] = coefficients.T, intercepts
        return cls(columns, weights, bias)

    def scores(self, vectors: csr_matrix) -> tuple[Floats, Floats]:
        """The classes' scores, and the share of each message (0 to 1) that training ever saw."""
        found = np.empty((vectors.shape[0], len(self.bias)))
        known = np.empty(vectors.shape[0])
        for row in range(vectors.shape[0]):
            span = slice(vectors.indptr[row], vectors.indptr[row + 1])
            place, values = self._place[vectors.indices[span]], vectors.data[span]
            seen = place >= 0
            values = values[seen]
            found[row] = values @ self.weights[place[seen]] + self.bias
            known[row] = values @ values
        return found, known

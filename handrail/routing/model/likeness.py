"""The likeness of a message to known sentences: a product of sparse rows, by numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from handrail.routing.model.features import Columns, Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class KnownSentences:
    """Vectors of `count` sentences by column: `columns` ascend, the entries of the nth are `starts[n]` to `starts[n + 1]`.

    An entry is a sentence's place in `places` and its value in `values`.
    """

    columns: Columns
    starts: Rows
    places: Columns
    values: Floats
    count: int

    @classmethod
    def of(cls, vectors: csr_matrix) -> KnownSentences:
        """The rows of a sparse matrix as known sentences."""
        by_column = vectors.tocsc()
        by_column.sort_indices()
        filled = np.flatnonzero(np.diff(by_column.indptr))
        starts = np.append(by_column.indptr[filled], by_column.nnz).astype(np.intp)
        places = by_column.indices.astype(np.int32)
        return cls(filled.astype(np.int32), starts, places, by_column.data.astype(np.float64), vectors.shape[0])

    def likeness(self, columns: Columns, values: Floats) -> Floats:
        """One number a sentence, 0 to 1 between unit vectors; the message's `columns` come in any order, each once."""
        place = np.searchsorted(self.columns, columns)
        place[place == len(self.columns)] = 0
        shared = self.columns[place] == columns
        place, shared_values = place[shared], values[shared]
        begin, length = self.starts[place], self.starts[place + 1] - self.starts[place]
        behind = np.cumsum(length)
        entry = np.repeat(begin - behind + length, length) + np.arange(behind[-1] if len(behind) else 0)
        weights = np.repeat(shared_values, length) * self.values[entry]
        return np.bincount(self.places[entry], weights=weights, minlength=self.count).astype(np.float64, copy=False)

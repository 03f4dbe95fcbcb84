"""Folds that keep near-copies together: one author's five ways to say a sentence must not stand on both sides.

With rows dealt at random, held-out figures come out better than what strangers' messages will bring.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from scipy.spatial.distance import squareform

Rows = npt.NDArray[np.intp]

LIKE = 0.55
"""Messages of one label whose mean likeness is above this are kept in one fold."""
MOST = 1_500


def deal(vectors: csr_matrix, classes: Rows, count: int, seed: int) -> Rows:
    """The fold, 0 to count - 1, of every row: alike rows of a class together, every class spread evenly."""
    random = np.random.default_rng(seed)
    folds = np.empty(len(classes), dtype=np.intp)
    for number in np.unique(classes):
        rows = np.flatnonzero(classes == number)
        groups = _alike(vectors[rows]) if 2 < len(rows) <= MOST else np.arange(len(rows))
        sizes = np.zeros(count)
        order = random.permutation(np.unique(groups))
        for group in sorted(order, key=lambda one: -int((groups == one).sum())):
            smallest = int(random.permutation(np.flatnonzero(sizes == sizes.min()))[0])
            members = rows[groups == group]
            folds[members] = smallest
            sizes[smallest] += len(members)
    return folds


def _alike(vectors: csr_matrix) -> Rows:
    distance = np.clip(1 - (vectors @ vectors.T).toarray(), 0, 1)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average")
    found: Rows = fcluster(tree, t=1 - LIKE, criterion="distance")
    return found

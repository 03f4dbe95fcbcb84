"""Learns the weights of claims of deeds from the labelled sentences: `python -m handrail.drills.text.learning`.

Prints what of the claims passes and what of the other sentences is held, each judged by weights learned from the others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from handrail.domain.text.deeds.learned.features import features, pieces
from handrail.domain.text.deeds.learned.suspicion import THRESHOLD
from handrail.domain.text.deeds.learned.weights import FILE, digest, examples, written
from handrail.domain.text.words import LANGUAGES

FOLDS = 5
STRENGTH = 40.0
RAREST = 3
"""Features of fewer sentences are left out."""
SMALLEST = 0.1
"""Weights below it are left out."""
Key = tuple[str, str]


class LabelledPiece(NamedTuple):
    """A piece of a sentence with its features, each with its language."""

    keys: list[Key]
    claim: bool


def labelled() -> list[LabelledPiece]:
    """Read every piece of every example, in order."""
    return [
        LabelledPiece(sorted((language, name) for name in features(words)), claim)
        for language in LANGUAGES
        for sentence, claim in examples(language)
        for words in pieces(sentence)
    ]


def learned(rows: Sequence[LabelledPiece]) -> tuple[float, dict[Key, float]]:
    """Learn the bias and the weights."""
    seen = Counter(key for row in rows for key in row.keys)
    columns = {key: place for place, key in enumerate(key for key, often in seen.items() if often >= RAREST)}
    model = LogisticRegression(C=STRENGTH, solver="liblinear")
    model.fit(_matrix(rows, columns), [row.claim for row in rows])
    weights = dict(zip(columns, model.coef_[0].tolist(), strict=True))
    return float(model.intercept_[0]), {key: weight for key, weight in weights.items() if abs(weight) >= SMALLEST}


def score(row: LabelledPiece, bias: float, weights: dict[Key, float]) -> float:
    """Score a piece as `Weights` does."""
    return bias + sum(weights.get(key, 0.0) for key in row.keys) / sqrt(len(row.keys))


def cross_validated(rows: Sequence[LabelledPiece]) -> tuple[float, float]:
    """Return the share of claims that pass and of others that are held, each judged by weights that never saw it."""
    wrong = {True: 0, False: 0}
    for fold in range(FOLDS):
        bias, weights = learned([row for at, row in enumerate(rows) if at % FOLDS != fold])
        for row in rows[fold::FOLDS]:
            wrong[row.claim] += (score(row, bias, weights) > THRESHOLD) != row.claim
    claims = sum(row.claim for row in rows)
    return wrong[True] / claims, wrong[False] / (len(rows) - claims)


def _matrix(rows: Sequence[LabelledPiece], columns: dict[Key, int]) -> Any:
    known = [[columns[key] for key in row.keys if key in columns] for row in rows]
    values = [1 / sqrt(len(row.keys)) for row, found in zip(rows, known, strict=True) for _ in found]
    places = np.array([place for found in known for place in found], dtype=np.int32)
    ends = np.cumsum([0, *map(len, known)], dtype=np.int32)
    return csr_matrix((values, places, ends), shape=(len(rows), len(columns)))


def main() -> None:
    """Learn, write the weights, print how well sentences that were left out are told apart."""
    rows = labelled()
    bias, weights = learned(rows)
    FILE.write_text(written(digest(), bias, weights), encoding="utf-8")
    passed, held = cross_validated(rows)
    sys.stdout.write(
        f"{len(rows):,} sentences, {len(weights):,} weights; of claims {passed:.1%} pass, of others {held:.1%} held\n"
    )


if __name__ == "__main__":
    main()

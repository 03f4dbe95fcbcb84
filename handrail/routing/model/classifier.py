"""A small local classifier: which topic, and whether any.

Two stages. The first scores every topic, and every group of background sentences, by kernel ridge regression over the
likeness to the examples. The second decides whether the best topic is meant at all: a logistic regression over that topic's
score, its lead, its nearest examples and the background's scores. Its probability is the confidence, calibrated for as many
messages within scope as outside. `handrail.routing.learning.examples` learns it; here numpy alone is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from handrail.routing.model.features import Features, Floats
from handrail.routing.model.gate import Calibrator
from handrail.routing.model.likeness import KnownSentences, Rows

SHARPNESS = 8.0
NEIGHBOURS = 3


class Scores(NamedTuple):
    """One message. `shares` over `Classifier.topics` if one of them is meant; `confidence` that the best one is;
    `background`, about 0 to 1, how much the message is like something that no topic is about."""

    shares: dict[str, float]
    best: str
    confidence: float
    background: float


@dataclass(frozen=True)
class Classifier:
    """A classifier that was learnt; only read, so safe to share between threads.

    `topics` are sorted. `weights` has a row a known sentence and a column a topic, then one a background group. `owners` says
    of each sentence which topic's example it is, -1: none's.
    """

    topics: list[str]
    features: Features
    known: KnownSentences
    weights: Floats
    owners: Rows
    gate: Calibrator

    @cached_property
    def _examples(self) -> list[Rows]:
        return examples_of(self.owners, len(self.topics))

    def predict(self, texts: Sequence[str]) -> list[Scores]:
        """The scores of each text, in order."""
        if not texts:
            return []
        likeness = np.stack([self.known.likeness(*self.features.vector(text)) for text in texts])
        scores, evidence = look(self.weights, likeness, self._examples)
        confidence = self.gate.probability(evidence)
        ours, back = scores[:, : len(self.topics)], scores[:, len(self.topics) :]
        shares = softmax(SHARPNESS * ours)
        return [
            Scores(dict(zip(self.topics, row.tolist(), strict=True)), self.topics[row.argmax()], float(sure), float(other))
            for row, sure, other in zip(shares, confidence, back.max(axis=1, initial=0.0), strict=True)
        ]

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """One row per text: `topics` in order, then out of scope; rows sum to 1."""
        rows = [
            [*(share * scores.confidence for share in scores.shares.values()), 1 - scores.confidence]
            for scores in self.predict(texts)
        ]
        return np.array(rows).reshape(len(texts), len(self.topics) + 1)


def examples_of(owners: Rows, topics: int) -> list[Rows]:
    """Return the places of each topic's examples."""
    return [np.flatnonzero(owners == topic) for topic in range(topics)]


def look(weights: Floats, likeness: Floats, examples: Sequence[Rows]) -> tuple[Floats, Floats]:
    """The classes' scores and the evidence on the best topic, from the likeness to sentences, of topics' `examples`."""
    scores: Floats = likeness @ weights
    ours, back = scores[:, : len(examples)], scores[:, len(examples) :]
    best = ours.argmax(axis=1)
    near = np.array([nearest(row[examples[topic]]) for row, topic in zip(likeness, best, strict=True)])
    ranked = np.sort(np.column_stack([ours, np.zeros(len(ours))]), axis=1)
    top, lead = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
    others = back.max(axis=1, initial=0.0), back.clip(0).sum(axis=1)
    return scores, np.column_stack([top, lead, near, *others])


def softmax(rows: Floats) -> Floats:
    """Shares of each row that sum to 1."""
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def nearest(likeness: Floats) -> float:
    """The mean likeness to the nearest few examples of one topic."""
    count = min(NEIGHBOURS, len(likeness))
    return float(np.partition(likeness, len(likeness) - count)[-count:].mean()) if count else 0.0

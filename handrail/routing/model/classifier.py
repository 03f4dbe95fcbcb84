"""A small local classifier: which topic, and whether any.

Two stages. The first scores every topic, and every group of background sentences, by kernel ridge regression over the
likeness to the examples. The second decides whether the best topic is meant at all: a logistic regression over that topic's
score, its lead, its nearest examples and the background's scores, learnt from folds in which the sentence, and its whole
background group, were unseen. Its probability is the confidence, calibrated for as many messages within scope as outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import DefinitionInvalid
from handrail.routing.model.features import Features, Floats
from handrail.routing.model.gate import Calibrator

Labels = npt.NDArray[np.str_]
Rows = npt.NDArray[np.intp]

RIDGE = 0.3
FOLDS = 6
SEED = 20
SHARPNESS = 8.0
CLAIMED = 0.5
NEIGHBOURS = 3
_GROUP = "~"


class Scores(NamedTuple):
    """One message. `shares` over `Classifier.topics` if one of them is meant; `confidence` that the best one is;
    `background`, about 0 to 1, how much the message is like something that no topic is about."""

    shares: dict[str, float]
    best: str
    confidence: float
    background: float


@dataclass(frozen=True)
class Sentences:
    """Training sentences with their class: a topic, or `~group` of the background."""

    texts: list[str]
    labels: Labels
    groups: Labels

    @classmethod
    def gather(cls, topics: Sequence[Topic], background: dict[str, list[str]]) -> Sentences:
        rows = [(text, topic.name, f"{topic.name}/{n}") for topic in topics for n, text in enumerate(topic.examples)]
        rows += [(text, _GROUP + group, _GROUP + group) for group, texts in background.items() for text in texts]
        texts, labels, groups = zip(*rows, strict=True)
        return cls(list(texts), np.array(labels), np.array(groups))

    def only(self, rows: Rows) -> Sentences:
        return Sentences([self.texts[row] for row in rows], self.labels[rows], self.groups[rows])


class Classifier:
    """Trained once, then only read: safe to share between threads. The same topics give the same answers.

    Raises:
        DefinitionInvalid: no topics, or examples that do not tell them apart.
    """

    def __init__(self, topics: Sequence[Topic], background: dict[str, list[str]]) -> None:
        if not topics:
            raise DefinitionInvalid("topics: there are none to learn from. Add at least one file to the folder topics/.")
        self.topics = sorted(topic.name for topic in topics)
        sentences = Sentences.gather(sorted(topics, key=lambda topic: topic.name), background)
        self._features = Features(sentences.texts)
        known: csr_matrix = self._features.vectors(sentences.texts)
        likeness = (known @ known.T).toarray()
        kept = self._unclaimed(sentences, likeness)
        self._sentences = sentences.only(kept)
        self._known, likeness = known[kept].T.tocsr(), likeness[np.ix_(kept, kept)]
        self._classes = [*self.topics, *sorted({label for label in self._sentences.labels if label.startswith(_GROUP)})]
        # Systems of a few hundred rows gain nothing from threads, and on a busy machine wait seconds for them.
        with threadpool_limits(limits=1):
            self._gate = self._learn_gate(likeness)
            self._weights = self._fit(likeness, np.arange(len(likeness)))
        self._examples = self._by_topic(self._sentences.labels)

    def predict(self, texts: Sequence[str]) -> list[Scores]:
        """The scores of each text, in order."""
        if not texts:
            return []
        likeness = (self._features.vectors(texts) @ self._known).toarray()
        scores, evidence = self._look(self._weights, likeness, self._examples)
        confidence = self._gate.probability(evidence)
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

    def _unclaimed(self, sentences: Sentences, likeness: Floats) -> Rows:
        """Everything but the background sentences that are close to a topic's example: the business handles those."""
        ours = np.isin(sentences.labels, self.topics)
        return np.flatnonzero(ours | (likeness[:, ours].max(axis=1) < CLAIMED))

    def _fit(self, likeness: Floats, rows: Rows) -> Floats:
        wanted = (self._sentences.labels[rows, None] == np.array(self._classes)[None]).astype(float)
        weights: Floats = KernelRidge(alpha=RIDGE, kernel="precomputed").fit(likeness[np.ix_(rows, rows)], wanted).dual_coef_
        return weights

    def _by_topic(self, labels: Labels) -> list[Rows]:
        """Return the places of each topic's examples among `labels`."""
        return [np.flatnonzero(labels == topic) for topic in self.topics]

    def _look(self, weights: Floats, likeness: Floats, examples: Sequence[Rows]) -> tuple[Floats, Floats]:
        """The classes' scores and the evidence on the best topic, from the likeness to sentences, of topics' `examples`."""
        scores: Floats = likeness @ weights
        ours, back = scores[:, : len(self.topics)], scores[:, len(self.topics) :]
        best = ours.argmax(axis=1)
        near = np.array([nearest(row[examples[topic]]) for row, topic in zip(likeness, best, strict=True)])
        ranked = np.sort(np.column_stack([ours, np.zeros(len(ours))]), axis=1)
        top, lead = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
        others = back.max(axis=1, initial=0.0), back.clip(0).sum(axis=1)
        return scores, np.column_stack([top, lead, near, *others])

    def _learn_gate(self, likeness: Floats) -> Calibrator:
        labels = self._sentences.labels
        ours = np.isin(labels, self.topics)
        strata = np.where(ours, labels, _GROUP)
        count = max(2, min(FOLDS, *np.unique(strata, return_counts=True)[1]))
        folds = StratifiedGroupKFold(count, shuffle=True, random_state=SEED)
        evidence, meant = [], []
        for known, unseen in folds.split(labels, strata, self._sentences.groups):
            weights, examples = self._fit(likeness, known), self._by_topic(labels[known])
            scores, rows = self._look(weights, likeness[np.ix_(unseen, known)], examples)
            best = np.array(self.topics)[scores[:, : len(self.topics)].argmax(axis=1)]
            evidence.append(rows)
            meant.append(best == labels[unseen])
        target = np.concatenate(meant)
        if target.all() or not target.any():
            raise DefinitionInvalid("topics: their examples do not tell them apart. Write examples that differ.")
        scaler, fitted = StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=500)
        fitted.fit(scaler.fit_transform(np.concatenate(evidence)), target)
        return Calibrator(scaler.mean_, scaler.scale_, fitted.coef_[0], float(fitted.intercept_[0]))


def softmax(rows: Floats) -> Floats:
    """Shares of each row that sum to 1."""
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def nearest(likeness: Floats) -> float:
    """The mean likeness to the nearest few examples of one topic."""
    count = min(NEIGHBOURS, len(likeness))
    return float(np.partition(likeness, len(likeness) - count)[-count:].mean()) if count else 0.0

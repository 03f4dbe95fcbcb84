"""Learning the local classifier from the topics' examples, by scikit-learn; a second for a few hundred sentences.

The gate is learnt from folds in which the sentence, and its whole background group, were unseen. The same topics give the
same classifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import DefinitionInvalid
from handrail.routing.model.classifier import Classifier, examples_of, look
from handrail.routing.model.features import Features, Floats
from handrail.routing.model.gate import Calibrator
from handrail.routing.model.likeness import KnownSentences, Rows

Labels = npt.NDArray[np.str_]

RIDGE = 0.3
FOLDS = 6
SEED = 20
CLAIMED = 0.5
_GROUP = "~"


@dataclass(frozen=True)
class Sentences:
    """Training sentences with their class: a topic, or `~group` of the background."""

    texts: list[str]
    labels: Labels
    groups: Labels

    @classmethod
    def gather(cls, topics: Sequence[Topic], background: dict[str, list[str]]) -> Sentences:
        """The examples of the topics, then the background's sentences."""
        rows = [(text, topic.name, f"{topic.name}/{n}") for topic in topics for n, text in enumerate(topic.examples)]
        rows += [(text, _GROUP + group, _GROUP + group) for group, texts in background.items() for text in texts]
        texts, labels, groups = zip(*rows, strict=True)
        return cls(list(texts), np.array(labels), np.array(groups))

    def only(self, rows: Rows) -> Sentences:
        """The sentences at these places."""
        return Sentences([self.texts[row] for row in rows], self.labels[rows], self.groups[rows])


def learn_examples(topics: Sequence[Topic], background: dict[str, list[str]]) -> Classifier:
    """Learn to tell the topics apart, and from the background.

    Raises:
        DefinitionInvalid: no topics, or examples that do not tell them apart.
    """
    if not topics:
        raise DefinitionInvalid("topics: there are none to learn from. Add at least one file to the folder topics/.")
    names = sorted(topic.name for topic in topics)
    sentences = Sentences.gather(sorted(topics, key=lambda topic: topic.name), background)
    features = Features(sentences.texts)
    known = features.vectors(sentences.texts)
    likeness = (known @ known.T).toarray()
    kept = _unclaimed(sentences, names, likeness)
    lesson = _Lesson(names, sentences.only(kept))
    likeness = likeness[np.ix_(kept, kept)]
    # Systems of a few hundred rows gain nothing from threads, and on a busy machine wait seconds for them.
    with threadpool_limits(limits=1):
        gate = lesson.gate(likeness)
        weights = lesson.fit(likeness, np.arange(len(likeness)))
    return Classifier(names, features, KnownSentences.of(known[kept]), weights, lesson.owners(), gate)


def _unclaimed(sentences: Sentences, topics: Sequence[str], likeness: Floats) -> Rows:
    """Everything but the background sentences that are close to a topic's example: the business handles those."""
    ours = np.isin(sentences.labels, topics)
    return np.flatnonzero(ours | (likeness[:, ours].max(axis=1) < CLAIMED))


class _Lesson:
    """The sentences that count, and what is fitted over their likeness to one another."""

    def __init__(self, topics: list[str], sentences: Sentences) -> None:
        self._topics, self._sentences = topics, sentences
        self._classes = [*topics, *sorted({label for label in sentences.labels if label.startswith(_GROUP)})]

    def owners(self, rows: Rows | None = None) -> Rows:
        """Number each sentence's topic, -1 for the background."""
        labels = self._sentences.labels if rows is None else self._sentences.labels[rows]
        numbers = {topic: number for number, topic in enumerate(self._topics)}
        return np.array([numbers.get(str(label), -1) for label in labels], dtype=np.intp)

    def fit(self, likeness: Floats, rows: Rows) -> Floats:
        """Weigh the sentences at `rows` for each class."""
        wanted = (self._sentences.labels[rows, None] == np.array(self._classes)[None]).astype(float)
        weights: Floats = KernelRidge(alpha=RIDGE, kernel="precomputed").fit(likeness[np.ix_(rows, rows)], wanted).dual_coef_
        return weights

    def gate(self, likeness: Floats) -> Calibrator:
        """Learn when the best topic is meant at all.

        Raises:
            DefinitionInvalid: the examples do not tell the topics apart.
        """
        labels = self._sentences.labels
        strata = np.where(np.isin(labels, self._topics), labels, _GROUP)
        count = max(2, min(FOLDS, *np.unique(strata, return_counts=True)[1]))
        folds = StratifiedGroupKFold(count, shuffle=True, random_state=SEED)
        evidence, meant = [], []
        for known, unseen in folds.split(labels, strata, self._sentences.groups):
            examples = examples_of(self.owners(known), len(self._topics))
            scores, rows = look(self.fit(likeness, known), likeness[np.ix_(unseen, known)], examples)
            best = np.array(self._topics)[scores[:, : len(self._topics)].argmax(axis=1)]
            evidence.append(rows)
            meant.append(best == labels[unseen])
        target = np.concatenate(meant)
        if target.all() or not target.any():
            raise DefinitionInvalid("topics: their examples do not tell them apart. Write examples that differ.")
        scaler, fitted = StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=500)
        fitted.fit(scaler.fit_transform(np.concatenate(evidence)), target)
        return Calibrator(scaler.mean_, scaler.scale_, fitted.coef_[0], float(fitted.intercept_[0]))

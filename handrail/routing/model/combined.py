"""The joint answer of a trained router and the topics' own examples, in the classifier's words.

Where the trained router answers with a label that stands for a topic of the business, that is the topic. Where it answers with
any other label, or not at all, only topics that no label stands for can still be meant: theirs are the examples alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import softmax

from handrail.routing.model.artefact import Artefact
from handrail.routing.model.classifier import SHARPNESS, Classifier, Scores

SURE = 0.9
"""A topic of the examples alone counts over a trained label from so much on."""
KEPT = 8
"""Messages whose scores are kept."""
UNSURE = 0.49
"""What the trained router does not answer stays below every threshold of the router."""


@dataclass(frozen=True)
class RouterOpinion:
    """A trained router's opinion on a message. `label` where it answers; `risk`: about one of the risk labels."""

    label: str | None
    nearest: str
    confidence: float
    outside: bool
    risky: bool
    risk: float


class Schooled:
    """Stands for a `Classifier` of the same topics."""

    def __init__(self, classifier: Classifier, artefact: Artefact) -> None:
        self.topics = classifier.topics
        self._classifier = classifier
        self._artefact = artefact
        manifest = artefact.manifest
        self._stands_for = [manifest.topics.get(label, label) for label in manifest.labels]
        # One message is asked about more than once while it is classified.
        self._scored = lru_cache(maxsize=KEPT)(artefact.score)
        self._own = frozenset(self.topics) - set(self._stands_for)
        self._columns = {
            topic: np.flatnonzero(np.array(self._stands_for) == topic) for topic in self.topics if topic not in self._own
        }

    def opinions(self, texts: Sequence[str]) -> list[RouterOpinion]:
        """Return an opinion on each text, in order."""
        return [opinion for opinion, _ in self._opinions(texts)]

    def predict(self, texts: Sequence[str]) -> list[Scores]:
        """See `Classifier.predict`."""
        if not texts:
            return []
        pairs = zip(self._opinions(texts), self._classifier.predict(texts), strict=True)
        return [self._joined(opinion, scores, examples) for (opinion, scores), examples in pairs]

    def _opinions(self, texts: Sequence[str]) -> list[tuple[RouterOpinion, dict[str, float]]]:
        labels = self._artefact.manifest.labels
        scored = self._scored(tuple(texts))
        found = []
        for row, best in enumerate(scored.best):
            sure, outside = float(scored.confidence[row]), bool(scored.outside[row])
            label = labels[best] if scored.answered[row] else None
            risky, risk = bool(scored.risky[row]), float(scored.risk[row])
            found.append((RouterOpinion(label, labels[best], sure, outside, risky, risk), self._by_topic(scored.scores[row])))
        return found

    def _by_topic(self, scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float]:
        return {topic: float(scores[columns].max()) for topic, columns in self._columns.items()}

    def _joined(self, opinion: RouterOpinion, scores: dict[str, float], examples: Scores) -> Scores:
        own = examples.best in self._own
        topic = None if opinion.label is None else self._artefact.manifest.topics.get(opinion.label, opinion.label)
        if own and examples.confidence >= (SURE if topic else 0.0):
            return examples
        if topic is None or topic not in self._columns:
            # A label that is no topic is as good as out of scope; without an answer it stays open what is meant.
            beyond = 1.0 if opinion.outside or topic is not None else 0.0
            nearest = max(scores, key=lambda name: scores[name], default=examples.best)
            unsure = 0.0 if topic is not None else min(UNSURE, opinion.confidence)
            return Scores(dict.fromkeys(self.topics, 1 / len(self.topics)), nearest, unsure, beyond)
        shares = softmax(SHARPNESS * np.array([scores.get(name, -1.0) for name in self.topics]))
        return Scores(dict(zip(self.topics, shares.tolist(), strict=True)), topic, opinion.confidence, 0.0)

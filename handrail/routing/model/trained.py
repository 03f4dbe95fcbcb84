"""A classifier with what it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

from handrail.domain.autonomy.topics import Topic
from handrail.routing.lexicon import background
from handrail.routing.model.artefact import Artefact
from handrail.routing.model.classifier import Classifier
from handrail.routing.model.combined import Schooled
from handrail.routing.model.identity import learnt_from
from handrail.routing.signals.subjects import Subjects


@dataclass(frozen=True)
class Trained:
    """A classifier with what it was trained on."""

    topics: list[Topic]
    learnt: str
    classifier: Classifier
    subjects: Subjects
    schooled: Schooled | None

    @classmethod
    def on(cls, topics: list[Topic], artefact: Artefact | None = None) -> Trained:
        """Train on the topics' examples."""
        classifier = Classifier(topics, background().groups)
        people = frozenset(topic.name for topic in topics if topic.people_only)
        schooled = Schooled(classifier, artefact) if artefact else None
        return cls(topics, learnt_from(topics), classifier, Subjects(schooled or classifier, people), schooled)

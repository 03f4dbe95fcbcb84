"""A classifier with what it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handrail.domain.autonomy.topics import Topic
from handrail.routing.lexicon import background
from handrail.routing.model.classifier import Classifier
from handrail.routing.model.identity import learnt_from
from handrail.routing.model.kept import KeptClassifiers
from handrail.routing.signals.subjects import Subjects

if TYPE_CHECKING:
    from handrail.routing.model.artefact import Artefact
    from handrail.routing.model.combined import Schooled


@dataclass(frozen=True)
class Trained:
    """A classifier with what it was trained on."""

    topics: list[Topic]
    learnt: str
    classifier: Classifier
    subjects: Subjects
    schooled: Schooled | None

    @classmethod
    def on(cls, topics: list[Topic], artefact: Artefact | None = None, kept: KeptClassifiers | None = None) -> Trained:
        """Train on the topics' examples, or take what was learnt from them before and is kept.

        Raises:
            DefinitionInvalid: no topics, or examples that do not tell them apart.
        """
        learnt = learnt_from(topics)
        classifier = kept.get(learnt) if kept else None
        if classifier is None:
            from handrail.routing.learning.examples import learn_examples  # scikit-learn: a second of loading

            classifier = learn_examples(topics, background().groups)
            if kept:
                kept.keep(learnt, classifier)
        people = frozenset(topic.name for topic in topics if topic.people_only)
        schooled = _schooled(classifier, artefact) if artefact else None
        return cls(topics, learnt, classifier, Subjects(schooled or classifier, people), schooled)


def _schooled(classifier: Classifier, artefact: Artefact) -> Schooled:
    from handrail.routing.model.combined import Schooled

    return Schooled(classifier, artefact)

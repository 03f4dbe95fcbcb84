"""The router: rules first, then the local classifier; no language model and no network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from handrail.domain.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.model import digest
from handrail.domain.topics import Topic
from handrail.ports import Topics
from handrail.routing.classifier import Classifier
from handrail.routing.complexity import Complexity
from handrail.routing.features import Floats
from handrail.routing.language import DEFAULT, Languages
from handrail.routing.lexicon import background, shipped_digest
from handrail.routing.mood import Mood
from handrail.routing.rules import Hit, RiskRules, Rules
from handrail.routing.subjects import Subject, Subjects
from handrail.routing.text import Folded

FORMAT = 1
"""Part of the router's version; raise it when code changes what a message is classified as."""
LIBRARIES = [version("scikit-learn"), version("py3langid")]
READ = 8_000

log = logging.getLogger(__name__)


def learnt_from(topics: Sequence[Topic]) -> str:
    """Changes with whatever the classifier learns from, and with nothing else in a topic."""
    return digest(sorted((topic.name, topic.people_only, topic.examples) for topic in topics))


@dataclass(frozen=True)
class Trained:
    """A classifier with what it was trained on."""

    topics: list[Topic]
    learnt: str
    classifier: Classifier
    subjects: Subjects

    @classmethod
    def on(cls, topics: list[Topic]) -> Trained:
        classifier = Classifier(topics, background().groups)
        people = frozenset(topic.name for topic in topics if topic.people_only)
        return cls(topics, learnt_from(topics), classifier, Subjects(classifier, people))


class LocalRouter:
    """`ports.Router` over the topics' examples and a business's `risk.yaml`; both are followed while it runs.

    The classifier is trained in a thread, and again when a topic's examples change; until then the old one answers. A change
    that cannot be used leaves it in place and is logged once. Not for use from several event loops.
    """

    def __init__(self, topics: Topics, risk_file: Path) -> None:
        self._topics = topics
        self._risk_file = risk_file
        self._rules: RiskRules | None = None
        self._trained: Trained | None = None
        self._tried = ""
        self._training: asyncio.Task[None] | None = None
        self._loading = asyncio.Lock()
        self._languages: Languages | None = None
        self._mood = Mood()
        self._complexity = Complexity()

    async def load(self) -> None:
        """Read the rules, train, load the language models. Repeating it does nothing.

        Raises:
            DefinitionInvalid: `risk.yaml` or the topics cannot be used.
        """
        async with self._loading:
            if self._trained is not None:
                return
            self._rules = RiskRules(self._risk_file, lambda: [topic.name for topic in self._topics.all()])
            self._languages = await asyncio.to_thread(Languages)
            self._trained = await asyncio.to_thread(Trained.on, list(self._topics.all()))

    async def classify(self, text: str, *, topic_before: str | None, flags: Sequence[str] = ()) -> Classification:
        """Routing's view of `text`, of which the first 8,000 characters are read. Any text is taken.

        Raises:
            DefinitionInvalid: at the first use, see `load`.
        """
        trained, rules, languages = await self._ready()
        in_force = rules.now()
        text = text[:READ]
        message = Folded(text)
        subject = trained.subjects.of(text, message, topic_before)
        hits = in_force.value.hits(message)
        wish = in_force.value.wish.find(message)
        guess = languages.detect(text, self._usual_language(topic_before))
        topic, confidence = _ruled(hits, subject)
        return Classification(
            topic=topic,
            confidence=confidence,
            risk=self._risk(in_force.value, hits, topic),
            complexity=self._complexity.of(text, message, set(subject.also)),
            language=guess.language,
            language_confidence=guess.confidence,
            frustration=self._mood.frustration(text, message),
            wants_person=wish is not None,
            reasons=[
                *(hit.sentence for hit in hits),
                *([f"asks for a person: '{wish.text}'"] if wish else []),
                *subject.reasons,
            ],
            router_version=self._version(trained, in_force.version),
        )

    async def language_of(self, text: str) -> tuple[str, float]:
        """See `handrail.ports.Languages`. Raises: DefinitionInvalid, at the first use."""
        _, _, languages = await self._ready()
        guess = languages.detect(text)
        return guess.language, guess.confidence

    async def predict_proba(self, texts: Sequence[str]) -> tuple[list[str], Floats]:
        """Labels (the topics, then out of scope) and one row of probabilities per text, from the classifier alone."""
        trained, _, _ = await self._ready()
        rows = await asyncio.to_thread(trained.classifier.predict_proba, list(texts))
        return [*trained.classifier.topics, OUT_OF_SCOPE], rows

    async def settled(self) -> None:
        """Wait until a change of topics, seen by now, is learnt or refused."""
        await self._ready()
        if self._training is not None:
            await self._training

    async def _ready(self) -> tuple[Trained, RiskRules, Languages]:
        if self._trained is None:
            await self.load()
        if self._trained is None or self._rules is None or self._languages is None:
            raise AssertionError("load() leaves everything in place or raises")
        self._follow(self._trained)
        return self._trained, self._rules, self._languages

    def _follow(self, trained: Trained) -> None:
        """Start training in the background where the topics' examples are no longer those that were learnt."""
        topics = list(self._topics.all())
        if topics == trained.topics or (self._training is not None and not self._training.done()):
            return
        learnt = learnt_from(topics)
        if learnt not in (trained.learnt, self._tried):
            self._tried = learnt
            self._training = asyncio.create_task(self._retrain(topics, learnt))

    async def _retrain(self, topics: list[Topic], learnt: str) -> None:
        try:
            self._trained = await asyncio.to_thread(Trained.on, topics)
        except DefinitionInvalid as error:
            log.error("the router keeps what it has learnt: %s", error)
        else:
            log.info("the router has learnt the changed topics, version %s", learnt[:12])

    def _usual_language(self, topic_before: str | None) -> str:
        """The first language of the case's topic: the best guess where a message does not tell."""
        topic = self._topics.get(topic_before) if topic_before else None
        return topic.languages[0] if topic and topic.languages else DEFAULT

    def _risk(self, rules: Rules, hits: list[Hit], topic: str) -> Risk:
        """The rules' risk; without one, what the topic itself carries where it is for people only."""
        if hits:
            return hits[0].rule.risk
        found = self._topics.get(topic)
        return rules.mildest(topic) if found and found.people_only else Risk.LOW

    @staticmethod
    def _version(trained: Trained, rules: str) -> str:
        return digest([FORMAT, LIBRARIES, trained.learnt, rules, shipped_digest()])[:12]


def _ruled(hits: list[Hit], subject: Subject) -> tuple[str, float]:
    """The topic of the gravest rule that names one, surely; else the classifier's."""
    named = next((hit.rule.topic for hit in hits if hit.rule.topic), None)
    return (named, 1.0) if named else (subject.topic, subject.confidence)

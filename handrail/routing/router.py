"""The router: rules first, then the local classifier; no language model and no network."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.domain.autonomy.topics import Topic
from handrail.domain.base import digest
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.errors import DefinitionInvalid
from handrail.ports import Topics
from handrail.routing.lexicon import shipped_digest
from handrail.routing.model.identity import learnt_from
from handrail.routing.rules import Hit, RiskRules, RoutingRules
from handrail.routing.signals.complexity import SINGLE, Complexity
from handrail.routing.signals.language import DEFAULT, LanguageDetector
from handrail.routing.signals.mood import MoodReader
from handrail.routing.text import Folded, readable

if TYPE_CHECKING:
    from handrail.routing.model.artefact import Artefact
    from handrail.routing.model.combined import RouterOpinion
    from handrail.routing.model.features import Floats
    from handrail.routing.model.trained import Trained
    from handrail.routing.signals.subjects import MessageSubject

FORMAT = 3
"""Part of the router's version; raise it when code changes what a message is classified as."""
LIBRARIES = [version("scikit-learn"), version("py3langid")]
AT_ONCE = 1_000
"""Characters that are classified on the event loop; what is longer, in a thread, one after the other."""
RETRY_SECONDS = 30.0
"""After a training that failed for no reason in the files; then twice as long each time, up to `RETRY_AT_MOST`."""
RETRY_AT_MOST = 3_600.0
MARKED, UNMARKED = 0.95, 0.85
"""Confidence in what words show, and in its absence: lists of words know not every way to say a thing."""

log = logging.getLogger(__name__)


def train(topics: list[Topic], artefact: Artefact | None = None, folder: Path | None = None) -> Trained:
    """Train on the topics, or take what was learnt from them before and is kept in `folder`; numpy is loaded here."""
    from handrail.routing.model.kept import KeptClassifiers
    from handrail.routing.model.trained import Trained

    return Trained.on(topics, artefact, KeptClassifiers(folder) if folder else None)


class LocalRouter:
    """`ports.Router` over the topics' examples and a business's `risk.yaml`; both are followed while it runs.

    The classifier is trained in a thread, and again when a topic's examples change; until then the old one answers. A change
    that cannot be used leaves it in place and is logged once. Not for use from several event loops.
    """

    def __init__(
        self,
        topics: Topics,
        risk_file: Path,
        artefact: Artefact | None = None,
        *,
        every: float = 0.0,
        kept: Path | None = None,
    ) -> None:
        """`artefact`: a trained router, see `handrail.routing.model.combined`; `kept`: a folder for what is learnt."""
        self._topics = topics
        self._artefact, self._kept = artefact, kept
        self._risk_file, self._every = risk_file, every
        self._rules: RiskRules | None = None
        self._trained: Trained | None = None
        self._tried = ""
        self._again_at = 0.0
        self._pause = RETRY_SECONDS
        self._training: asyncio.Task[None] | None = None
        self._loading = asyncio.Lock()
        self._long = asyncio.Lock()
        self._languages: LanguageDetector | None = None
        self._mood, self._complexity = MoodReader(), Complexity()

    def check(self) -> None:
        """Read the rules, which is quick: `load` takes seconds.

        Raises:
            DefinitionInvalid: `risk.yaml` cannot be used.
        """
        if self._rules is None:
            self._rules = RiskRules(self._risk_file, lambda: [topic.name for topic in self._topics.all()], every=self._every)

    async def load(self) -> None:
        """Read the rules, train, load the language models. Repeating it does nothing.

        Raises:
            DefinitionInvalid: `risk.yaml` or the topics cannot be used.
        """
        async with self._loading:
            if self._trained is not None:
                return
            self.check()
            self._languages = await asyncio.to_thread(LanguageDetector)
            self._trained = await asyncio.to_thread(train, list(self._topics.all()), self._artefact, self._kept)

    async def classify(
        self, text: str, *, topic_before: str | None, flags: Sequence[str] = (), language: str | None = None
    ) -> Classification:
        """Routing's view of `text`, of which the first 8,000 characters are read. Any text is taken.

        `language` is the case's so far; without one, what does not tell is in the first language of its topic.

        Raises:
            DefinitionInvalid: at the first use, see `load`.
        """
        ready = await self._ready()
        text = readable(text)
        if len(text) <= AT_ONCE and not (self._artefact and self._artefact.slow):
            return self._classified(*ready, text, topic_before, flags, language)
        async with self._long:
            return await asyncio.to_thread(self._classified, *ready, text, topic_before, flags, language)

    def _classified(
        self,
        trained: Trained,
        rules: RiskRules,
        languages: LanguageDetector,
        text: str,
        topic_before: str | None,
        flags: Sequence[str],
        language: str | None,
    ) -> Classification:
        in_force = rules.now()
        message = Folded(text)
        subject = trained.subjects.of(text, message, topic_before)
        hits = in_force.value.hits(message, flags)
        wish = in_force.value.wish.find(message)
        topic, confidence = _ruled(hits, subject)
        usual = self._usual_language(topic_before or topic)
        guess = languages.follow(text, language) if language else languages.detect(text, usual)
        (opinion,) = trained.schooled.opinions([text]) if trained.schooled else [None]
        risk, risk_sure = self._risk(in_force.value, hits, topic, confidence, opinion)
        complexity = self._complexity.of(text, message, set(subject.parts))
        further = subject.further(topic)
        besides = further if further and self._complexity.apart(text, message) else []
        said = [*(hit.sentence for hit in hits), *([f"asks for a person: '{wish.text}'"] if wish else [])]
        frustration = self._mood.frustration(text, message)
        sentiment, sentiment_sure = self._mood.sentiment(frustration, message)
        return Classification(
            topic=topic,
            confidence=confidence,
            risk=risk,
            complexity=complexity,
            language=guess.language,
            language_confidence=guess.confidence,
            frustration=frustration,
            sentiment=sentiment,
            wants_person=wish is not None,
            besides=besides,
            confidences={
                "topic": confidence,
                "risk": risk_sure,
                "complexity": MARKED if complexity != SINGLE else UNMARKED,
                "language": guess.confidence,
                "sentiment": sentiment_sure,
                "wants_person": MARKED if wish else UNMARKED,
            },
            abstained=subject.abstained and topic == OUT_OF_SCOPE and not hits,
            reasons=[*said, *subject.reasons, *(self._trained_reasons(opinion, topic) if opinion else [])],
            router_version=_version(trained.learnt, self._artefact, in_force.version),
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

    async def _ready(self) -> tuple[Trained, RiskRules, LanguageDetector]:
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
        again = 0 < self._again_at <= time.monotonic()
        if learnt != trained.learnt and (learnt != self._tried or again):
            self._tried = learnt
            self._training = asyncio.create_task(self._retrain(topics, learnt))

    async def _retrain(self, topics: list[Topic], learnt: str) -> None:
        try:
            self._again_at = 0.0
            self._trained = await asyncio.to_thread(train, topics, self._artefact, self._kept)
        except DefinitionInvalid as error:
            log.error("the router keeps what it has learnt: %s", error)
        except Exception:
            self._again_at = time.monotonic() + self._pause
            log.exception("the router keeps what it has learnt and tries again in %g seconds", self._pause)
            self._pause = min(self._pause * 2, RETRY_AT_MOST)
        else:
            self._pause = RETRY_SECONDS
            log.info("the router has learnt the changed topics, version %s", learnt[:12])

    def _usual_language(self, name: str) -> str:
        """The first language of the topic: the best guess where a message does not tell."""
        topic = self._topics.get(name)
        return topic.languages[0] if topic and topic.languages else DEFAULT

    def _risk(
        self, rules: RoutingRules, hits: list[Hit], topic: str, confidence: float, opinion: RouterOpinion | None
    ) -> tuple[Risk, float]:
        """The rules' risk; without one, what the topic carries where it is for people only, or high where the trained router
        sees one of its risk labels; the gravest counts. With how sure that is."""
        candidates = [(hits[0].rule.risk, 1.0)] if hits else []
        found = self._topics.get(topic)
        if not hits and found and found.people_only:
            candidates.append((rules.mildest(topic), confidence))
        if opinion and opinion.risky:
            candidates.append((Risk.HIGH, round(max(opinion.risk, 0.5), 4)))
        calm = round(1 - opinion.risk, 4) if opinion else UNMARKED
        return max(candidates, key=lambda one: one[0].rank, default=(Risk.LOW, calm))

    def _trained_reasons(self, opinion: RouterOpinion, topic: str) -> list[str]:
        """Describe the trained router's opinion, and what of it is no topic here."""
        risk = [f"trained router: may be about a risk, nearest is '{opinion.nearest}'"] if opinion.risky else []
        if opinion.label is None:
            return [*risk, "trained router: out of scope" if opinion.outside else "trained router: cannot tell"]
        words = f"trained router: '{opinion.label}' with {opinion.confidence:.0%}"
        stands_for = self._artefact.manifest.topics.get(opinion.label, opinion.label) if self._artefact else opinion.label
        known = self._topics.get(stands_for) is not None
        return [*risk, words if known else f"{words}, which is no topic of this business"]


def _version(examples: str, artefact: Artefact | None, rules: str) -> str:
    return _hashed(examples, artefact.manifest.content_hash if artefact else None, rules)


@lru_cache(maxsize=16)
def _hashed(examples: str, artefact: str | None, rules: str) -> str:
    return digest([FORMAT, LIBRARIES, examples, artefact, rules, shipped_digest()])[:12]


def _ruled(hits: list[Hit], subject: MessageSubject) -> tuple[str, float]:
    """The topic of the gravest rule that names one, surely; else the classifier's."""
    named = next((hit.rule.topic for hit in hits if hit.rule.topic), None)
    return (named, 1.0) if named else (subject.topic, subject.confidence)

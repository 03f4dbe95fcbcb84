"""The subject of a message, given what the case was about before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handrail.domain.case.classification import OUT_OF_SCOPE, FurtherWish
from handrail.routing.lexicon import lexicon
from handrail.routing.signals.complexity import sentences
from handrail.routing.signals.human_request import vocabulary
from handrail.routing.text import Folded

if TYPE_CHECKING:
    from handrail.routing.model.classifier import Classifier, Scores
    from handrail.routing.model.combined import Schooled

AGENT_FROM = 0.6
"""Confidence from which the agent may have the message."""
PEOPLE_FROM = 0.5
"""The same for topics that go to people: a wrong guess costs a person a minute."""
PEOPLE_SHARE = 0.3
"""With so large a share on topics for people, one of those is taken although an agent's topic leads."""
SWITCH_FROM = 0.7
"""A case that is under way changes to another of the agent's topics only from here on."""
OTHER_FROM = 0.35
"""A case that is under way falls out of scope only if the message is so much like the background."""
UNSURE_FROM = 0.25
"""Below this confidence, or so much like the background, a message is out of scope; above it nobody can tell."""
STAYS_SURELY = 0.9
STAYS = 0.7


@dataclass(frozen=True)
class MessageSubject:
    """`topic` with its confidence and why; `parts` are the topics that the message and its sentences are surely about, with
    the sentences of each. `abstained`: none is clear, though the message is not clearly about something else."""

    topic: str
    confidence: float
    reasons: list[str] = field(default_factory=list)
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    abstained: bool = False

    def further(self, topic: str) -> list[FurtherWish]:
        """List the wishes of other topics that whole sentences are about, in the order in which they were said."""
        parts = [(other, list(said)) for other, said in self.parts.items() if other != topic and said]
        return [FurtherWish(topic=other, sentences=said) for other, said in parts]


@dataclass(frozen=True)
class SureTopic:
    """A topic that the message or one of its sentences is surely about."""

    topic: str
    confidence: float


class Subjects:
    """`people` are the topics that the agent never handles."""

    def __init__(self, classifier: Classifier | Schooled, people: frozenset[str]) -> None:
        self._classifier = classifier
        self._people = people
        self._pointing = vocabulary(lexicon().pointing)

    def of(self, text: str, message: Folded, before: str | None) -> MessageSubject:
        """The topic of `text` in a case that was about `before`."""
        if before not in {*self._classifier.topics, OUT_OF_SCOPE}:
            before = None
        if not self._content(message):
            return self._without_content(before)
        said = sentences(text)
        scores = self._classifier.predict([text, *said])
        accepted = [self._accepted(one) for one in scores]
        found = [one for one in accepted if one]
        parts = {
            one.topic: [part for sure, part in zip(accepted[1:], said, strict=True) if sure and sure.topic == one.topic]
            for one in found
        }
        best = self._choose(found)
        if best is None:
            return self._nothing_found(scores, before)
        if before not in (None, OUT_OF_SCOPE, best.topic) and not self._switches(best):
            reason = f"'{best.topic}' with {best.confidence:.0%} is too little to leave the case's topic '{before}'"
            return MessageSubject(str(before), STAYS, [reason], parts)
        return MessageSubject(best.topic, best.confidence, [f"classifier: '{best.topic}' with {best.confidence:.0%}"], parts)

    def _content(self, message: Folded) -> list[str]:
        """The words that can carry a subject."""
        words = (word for word in message.words if len(word) > 1 and not any(map(str.isdigit, word)))
        return [word for word in words if word not in self._pointing]

    def _without_content(self, before: str | None) -> MessageSubject:
        if before is None:
            return MessageSubject(OUT_OF_SCOPE, 1.0, ["the message names no subject"])
        return MessageSubject(
            before, STAYS_SURELY, [f"an answer without a subject of its own: the case stays with '{before}'"]
        )

    def _accepted(self, scores: Scores) -> SureTopic | None:
        """The topic meant, leaning towards people: where they have a large share, theirs is taken."""
        topic = scores.best
        if topic not in self._people:
            theirs = {name: share for name, share in scores.shares.items() if name in self._people}
            if sum(theirs.values()) >= PEOPLE_SHARE:
                topic = max(theirs, key=lambda name: theirs[name])
        needed = PEOPLE_FROM if topic in self._people else AGENT_FROM
        return SureTopic(topic, round(scores.confidence, 4)) if scores.confidence >= needed else None

    def _choose(self, found: Sequence[SureTopic]) -> SureTopic | None:
        """The surest, of the message and its sentences; a topic for people before any of the agent's."""
        return max(found, key=lambda one: (one.topic in self._people, one.confidence), default=None)

    def _switches(self, best: SureTopic) -> bool:
        return best.topic in self._people or best.confidence >= SWITCH_FROM

    def _nothing_found(self, scores: list[Scores], before: str | None) -> MessageSubject:
        whole = scores[0]
        other = whole.background >= OTHER_FROM
        if before not in (None, OUT_OF_SCOPE) and not other:
            return MessageSubject(str(before), STAYS, [f"no other subject is clear: the case stays with '{before}'"])
        reason = f"no topic is clear enough; nearest is '{whole.best}' with {whole.confidence:.0%}"
        unsure = whole.confidence >= UNSURE_FROM and not other
        return MessageSubject(OUT_OF_SCOPE, round(1 - whole.confidence, 4), [reason], abstained=unsure)

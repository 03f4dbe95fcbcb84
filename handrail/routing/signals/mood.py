"""The anger in a message: words of nine languages, capitals, punctuation and faces."""

from __future__ import annotations

import re
from math import prod

from handrail.domain.case.classification import Sentiment
from handrail.routing.lexicon import lexicon, phrasebook
from handrail.routing.phrases import Phrasebook
from handrail.routing.text import Folded

STRONG = 0.4
MILD = 0.22
SHOUTED = 0.35
MARKED = 0.15
FACE = 0.3
MOST = 3
ANGRY_FROM = 0.5
SEEN, UNSEEN, MIXED = 0.8, 0.7, 0.2
"""Confidence in a mood that words show, in the calm that no word contradicts, and what joy beside anger takes away."""
_NOT = frozenset(
    (
        "not",
        "dont",
        "isnt",
        "wasnt",
        "no",
        "never",
        "nicht",
        "kein",
        "keine",
        "pas",
        "non",
        "niet",
        "geen",
        "inte",
        "nie",
        "nao",
    )
)

_CAPITALS = re.compile(r"\b[^\W\d_]{3,}\b")
_MARKS = re.compile(r"!{2,}|\?{2,}|[!?]*(?:\?!|!\?)[!?]*")
_FACES = re.compile("[\U0001f620\U0001f621\U0001f624\U0001f92c\U0001f47f\U0001f595]")


class MoodReader:
    """Signals that each leave less calm: 1 minus the product of what every signal leaves."""

    def __init__(self) -> None:
        self._strong = phrasebook(lexicon().frustration.strong)
        self._mild = phrasebook(lexicon().frustration.mild)
        self._delight = phrasebook(lexicon().delight)

    def frustration(self, text: str, message: Folded) -> float:
        """0 (calm) to 1, two digits."""
        signals = [STRONG] * self._count(self._strong, message) + [MILD] * self._count(self._mild, message)
        signals += [MARKED] * min(MOST, len(_MARKS.findall(text))) + [FACE] * min(MOST, len(_FACES.findall(text)))
        signals += [SHOUTED] * _shouted(text)
        return round(1 - prod(1 - signal for signal in signals), 2)

    def sentiment(self, frustration: float, message: Folded) -> tuple[Sentiment, float]:
        """Return the tone of a message with a confidence: two signs are surer than one, and words found surer than none."""
        if frustration >= ANGRY_FROM:
            return Sentiment.ANGRY, round(max(SEEN, frustration), 2)
        glad = sum(not _negated(message, match.start()) for _, match in self._delight.matches(message))
        if glad and not frustration:
            return Sentiment.POSITIVE, SEEN
        if frustration > 0:
            return Sentiment.NEGATIVE, round(SEEN - MIXED * bool(glad), 2)
        return Sentiment.NEUTRAL, UNSEEN

    @staticmethod
    def _count(wanted: Phrasebook, message: Folded) -> int:
        places = {match.start() for _, match in wanted.matches(message)}
        return min(MOST, len(places))


def _negated(message: Folded, place: int) -> bool:
    """A 'not' among the three words before."""
    return not _NOT.isdisjoint(message.stream[:place].split()[-3:])


def _shouted(text: str) -> bool:
    """Return whether capitals shout: three words of three letters or more, and half of all such words."""
    words = _CAPITALS.findall(text)
    loud = sum(map(str.isupper, words))
    return loud >= MOST and loud * 2 > len(words)

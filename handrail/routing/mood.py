"""How angry a message reads: words of nine languages, capitals, punctuation and faces."""

from __future__ import annotations

import re
from math import prod

from handrail.routing.lexicon import lexicon, phrasebook
from handrail.routing.phrases import Phrasebook
from handrail.routing.text import Folded

STRONG = 0.4
MILD = 0.22
SHOUTED = 0.35
MARKED = 0.15
FACE = 0.3
MOST = 3

_CAPITALS = re.compile(r"\b[^\W\d_]{3,}\b")
_MARKS = re.compile(r"!{2,}|\?{2,}|[!?]*(?:\?!|!\?)[!?]*")
_FACES = re.compile("[\U0001f620\U0001f621\U0001f624\U0001f92c\U0001f47f\U0001f595]")


class Mood:
    """Signals that each leave less calm: 1 minus the product of what every signal leaves."""

    def __init__(self) -> None:
        self._strong = phrasebook(lexicon().frustration.strong)
        self._mild = phrasebook(lexicon().frustration.mild)

    def frustration(self, text: str, message: Folded) -> float:
        """0 (calm) to 1, two digits."""
        signals = [STRONG] * self._count(self._strong, message) + [MILD] * self._count(self._mild, message)
        signals += [MARKED] * min(MOST, len(_MARKS.findall(text))) + [FACE] * min(MOST, len(_FACES.findall(text)))
        signals += [SHOUTED] * _shouted(text)
        return round(1 - prod(1 - signal for signal in signals), 2)

    @staticmethod
    def _count(wanted: Phrasebook, message: Folded) -> int:
        places = {match.start() for _, match in wanted.matches(message)}
        return min(MOST, len(places))


def _shouted(text: str) -> bool:
    """At least three words of three letters, most of them in capitals."""
    words = _CAPITALS.findall(text)
    loud = sum(map(str.isupper, words))
    return loud >= MOST and loud * 2 > len(words)

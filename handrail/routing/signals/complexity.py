"""One request, several, or one that needs judgement; and the sentences a message is made of."""

from __future__ import annotations

import re

from handrail.routing.lexicon import lexicon, phrasebook
from handrail.routing.text import PAUSE, STOP, Folded

SINGLE = "single"
SEVERAL = "several"
JUDGEMENT = "judgement"

LONG = 150
SIDE = 3
MOST_PARTS = 12

_SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+|\n+")
_REFERENCE = re.compile(r"\b(?=[\w-]{0,40}\d{3})(?:[A-Za-z]{1,4}-?\d[\w-]*|\d{5,})\b")


def sentences(text: str) -> list[str]:
    """The sentences of at least three words, where there are two or more; of very many the first and the last."""
    parts = [part for part in _SENTENCE_END.split(text) if len(part.split()) >= SIDE]
    if len(parts) < 2:
        return []
    return parts if len(parts) <= MOST_PARTS else [*parts[: MOST_PARTS * 2 // 3], *parts[-MOST_PARTS // 3 :]]


class Complexity:
    """Marks in the text; that several topics are meant is known only to the classifier."""

    def __init__(self) -> None:
        self._also = phrasebook(lexicon().also)
        self._judgement = phrasebook(lexicon().judgement)

    def of(self, text: str, message: Folded, topics: set[str]) -> str:
        """`topics` are those that parts of the message are surely about."""
        if len(message.words) > LONG or self._judgement.first(message):
            return JUDGEMENT
        return SEVERAL if len(topics) > 1 or self.apart(text, message) else SINGLE

    def apart(self, text: str, message: Folded) -> bool:
        """Return whether the message says by itself that it is about several things: it names two, or joins them."""
        references = {found.casefold() for found in _REFERENCE.findall(text)}
        return len(references) > 1 or self._joined(message)

    def _joined(self, message: Folded) -> bool:
        """A word such as 'also' with at least three words on either side."""
        for _, match in self._also.matches(message):
            sides = message.stream[: match.start()], message.stream[match.end() :]
            if all(sum(piece not in (STOP, PAUSE) for piece in side.split()) >= SIDE for side in sides):
                return True
        return False

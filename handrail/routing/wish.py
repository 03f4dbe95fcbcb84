"""The wish for a person: its phrases, unless a negation before or after takes them back."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.routing.lexicon import Words, lexicon, phrasebook
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.text import PAUSE, STOP, Folded

REACH = 6
AFTER = 4


class Wish:
    """`phrases` are the business's; what takes them back is the same for every business."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = Phrasebook(phrases)
        words = lexicon()
        self._before = phrasebook(words.unwish_before)
        self._after = phrasebook(words.unwish_after)
        self._complaint = phrasebook(words.complaint)
        self._contrast = vocabulary(words.contrast)

    def find(self, message: Folded) -> Phrase | None:
        """The first phrase by which the customer asks for a person, or None."""
        for phrase, match in self._phrases.matches(message):
            before = _last_clause(message.stream[: match.start()].split())[-REACH:]
            after = _first_clause(message.stream[match.end() :].split())[:AFTER]
            if not self._negated(_folded(before)) and not self._after.first(_folded(after)):
                return phrase
        return None

    def _negated(self, before: Folded) -> bool:
        """A negation with nothing between it and the phrase that starts a new thought."""
        ends = [match.end() for _, match in self._before.matches(before)]
        if not ends or self._complaint.first(before):
            return False
        return self._contrast.isdisjoint(before.stream[max(ends) :].split())


def vocabulary(words: Words) -> frozenset[str]:
    """Every single word of every language, folded."""
    return frozenset(word for entries in words.values() for entry in entries for word in Folded(entry).words)


def _folded(words: list[str]) -> Folded:
    return Folded(" ".join(words))


def _last_clause(words: list[str]) -> list[str]:
    """What stands after the last mark that ends a clause."""
    marks = [position for position, word in enumerate(words) if word in (STOP, PAUSE)]
    return words[marks[-1] + 1 :] if marks else words


def _first_clause(words: list[str]) -> list[str]:
    """What stands before the first mark that ends a clause."""
    return next((words[:position] for position, word in enumerate(words) if word in (STOP, PAUSE)), words)

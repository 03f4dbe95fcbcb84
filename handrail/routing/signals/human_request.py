"""The wish for a person, by the business's phrases or in plain words, unless a negation beside it takes it back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from handrail.routing.lexicon import Words, lexicon, phrasebook, wishes
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.signals.grammar import Grammar, Receiver
from handrail.routing.text import PAUSE, STOP, Folded

REACH = 6
AFTER = 4
NEAR = 400
"""Characters beside a match in which the words that take it back are looked for."""


class Wish:
    """`phrases` are the business's; the shipped grammar, and what takes a wish back, are the same for every business."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = Phrasebook(phrases)
        self._grammar = Grammar(wishes())
        words = lexicon()
        self._before = phrasebook(words.unwish_before)
        self._after = phrasebook(words.unwish_after)
        self._complaint = phrasebook(words.complaint)
        self._contrast = vocabulary(words.contrast)

    def find(self, message: Folded) -> Phrase | None:
        """The first phrase by which the customer asks for a person, or None."""
        receivers: list[Receiver] | None = None
        phrases = ((phrase, match, True) for phrase, match in self._phrases.matches(message))
        asks = ((ask.phrase, match, not ask.refuses) for ask, match in self._grammar.matches(message))
        for phrase, match, negations in chain(phrases, asks):
            receivers = self._grammar.receivers(message) if receivers is None else receivers
            if any(one.is_of(match) for one in receivers):
                continue
            if not self._taken_back(message, match, negations=negations):
                return phrase
        return self._grammar.alone(message)

    def _taken_back(self, message: Folded, match: re.Match[str], *, negations: bool = True) -> bool:
        before = _last_clause(message.stream[max(0, match.start() - NEAR) : match.start()].split())[-REACH:]
        after = _first_clause(message.stream[match.end() : match.end() + NEAR].split())[:AFTER]
        if self._grammar.other(after):
            return True
        return negations and (self._negated(_folded(before)) or self._after.first(_folded(after)) is not None)

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
    """Return the words after the last mark that ends a clause."""
    marks = [position for position, word in enumerate(words) if word in (STOP, PAUSE)]
    return words[marks[-1] + 1 :] if marks else words


def _first_clause(words: list[str]) -> list[str]:
    """Return the words before the first mark that ends a clause."""
    return next((words[:position] for position, word in enumerate(words) if word in (STOP, PAUSE)), words)

"""The wish for a person, by the business's phrases or in plain words, unless a negation beside it takes it back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from handrail.routing.lexicon import Words, lexicon, phrasebook, wishes
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.signals.grammar import Grammar, Receiver
from handrail.routing.text import PAUSE, STOP, Folded, spaceless

REACH = 6
AFTER = 4
SPACELESS = 4
"""Characters that stand for a word in scripts without blanks, where every character is taken for one."""
NEAR = 400
"""Characters beside a match in which the words that take it back are looked for."""


class PersonWish:
    """`phrases` are the business's; those of the language packs, and what takes a wish back, hold for every business."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        shipped = wishes()
        self._phrases = Phrasebook(phrases)
        self._shipped = phrasebook(shipped.phrases)
        self._grammar = Grammar(shipped)
        words = lexicon()
        self._before = phrasebook(words.unwish_before)
        self._whether = phrasebook(words.asks_whether)
        self._after = phrasebook(words.unwish_after)
        self._complaint = phrasebook(words.complaint)
        self._contrast: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        self._contrast |= {language: vocabulary({language: entries}) for language, entries in words.contrast.items()}

    def find(self, message: Folded) -> Phrase | None:
        """The first phrase by which the customer asks for a person, or None."""
        receivers: list[Receiver] | None = None
        phrases = ((phrase, match, True) for phrase, match in self._phrases.matches(message))
        asks = ((ask.phrase, match, not ask.refuses) for ask, match in self._grammar.matches(message))
        shipped = ((phrase, match, True) for phrase, match in self._shipped.matches(message))
        for phrase, match, negations in chain(phrases, asks, shipped):
            receivers = self._grammar.receivers(message) if receivers is None else receivers
            if any(one.is_of(match) for one in receivers):
                continue
            if not self._taken_back(message, match, negations=negations):
                return phrase
        return self._grammar.alone(message)

    def _taken_back(self, message: Folded, match: re.Match[str], *, negations: bool = True) -> bool:
        wide = SPACELESS if spaceless(match[0].split()[0]) else 1
        before = _last_clause(message.stream[max(0, match.start() - NEAR) : match.start()].split())[-REACH * wide :]
        after = _first_clause(message.stream[match.end() : match.end() + NEAR].split())[: AFTER * wide]
        if self._grammar.other(after):
            return True
        if not negations:
            return False
        if self._asked_whether(_folded(before)) or self._negated(before, match[0].split()[0]):
            return True
        return self._after.first(_folded(after)) is not None

    def _asked_whether(self, before: Folded) -> bool:
        """Return whether the words right before a person ask if one is talking to one."""
        return any(match.end() == len(before.stream) - 1 for _, match in self._whether.matches(before))

    def _negated(self, before: list[str], first: str) -> bool:
        """A negation with nothing between it and the phrase that starts a new thought; it may end in the `first` word of that.

        "Are you a" stands in the clause also where the phrase is "a real person".
        """
        words = _folded(before)
        begun = len(words.stream) - 1
        complaints = {phrase.language for phrase, _ in self._complaint.matches(words)}
        return any(
            match.start() < begun
            and phrase.language not in complaints
            and self._contrast[phrase.language].isdisjoint(words.stream[match.end() :].split())
            for phrase, match in self._before.matches(_folded([*before, first]))
        )


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

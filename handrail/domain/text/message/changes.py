"""A change of what a customer has just said yes to: another figure, or words that narrow, move or replace it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.message.answers import NEAR, READ, Phrase, phrases_of, unquoted, words_of
from handrail.domain.text.packs import Packs, packs
from handrail.domain.text.plain import clean

EVERYWHERE = "en"
FEW = 3
"""Among so few words another figure stands for the one that was asked about, whatever the words are."""
TELEPHONE = 7
"""So many digits without a currency are a telephone number, which no sum is."""
ECHO_FROM = 4
"""Characters of a word that can be an echo of what was asked; shorter ones stand in every sentence."""
SENTENCES = re.compile(r"(?<=[!?;\u2026\u061f\u3002\uff01\uff1f])\s*|(?<=[.])\s+|\n+")
_CLAUSES = re.compile(r"[,:](?!\d)\s*|\s[-\u2013\u2014]+\s")
ASKS = re.compile(r"[?\u061f\uff1f]\s*$|(?<=[\u0370-\u03ff\u1f00-\u1fff]);\s*$")
_STRANGE = {"amount": 2, "percent": 2, "number": 1, "date": 1, "weekday": 1, "relative": 1, "time": 1, "identifier": 0}
"""So many words that no list has may stand beside such a figure; beside more it is about something else."""
_KEYS: dict[str, Callable[[Mention], frozenset[object]]] = {
    "date": lambda one: frozenset((month, day) for _, month, day in one.days),
    "weekday": lambda one: frozenset([one.weekday]),
    "relative": lambda one: frozenset([one.relative]),
    "time": lambda one: frozenset(one.times),
    "identifier": lambda one: frozenset([one.shown.casefold()]),
}
_DAYS = frozenset({"date", "weekday", "relative", "time"})
_COUNTS = frozenset({"amount", "percent", "number"})


def changes(texts: Sequence[str], language: str, asked: Sequence[str] = (), ours: Sequence[str] = ()) -> bool:
    """Return whether `texts`, which came after a clear yes to what was `asked`, change it.

    A figure of a kind that the question has with another value does ("make it 40"), and words that narrow, move or replace
    ("only the blue one", "to the other card instead"), each among few words or beside an echo of what was asked. A request for
    something more, and a question that names no other figure, change nothing. A false alarm costs a person's look.
    """
    spoken = [unquoted(clean(text[:READ]), ours) for text in texts]
    question = Question(asked, language)
    return any(question.changed_by(sentence) for text in spoken for sentence in SENTENCES.split(text) if sentence.strip())


class Question:
    """The lines that the customer said yes to, with the figures and words that they hold."""

    def __init__(self, lines: Sequence[str], language: str) -> None:
        self._language = language
        self._lines = [frozenset(words_of(line)) for line in lines]
        self._long = frozenset(word for line in self._lines for word in line if len(word) >= ECHO_FROM)
        self._values: dict[str, set[object]] = {}
        for line in lines:
            for one in mentions(line, language):
                self._values.setdefault(family(one.kind), set()).update(values(one))

    def changed_by(self, sentence: str) -> bool:
        """Return whether the customer's sentence changes it."""
        words = words_of(sentence)
        found = phrases_of(words, self._language, self._lines)
        other = self._other_figure(sentence, words)
        if ASKS.search(sentence):
            return self._moved(words, found) and (other or self._echoes(words))
        if other and not _holds(words, _more(packs(), self._language)):
            return True
        return any(self._clause_moves(clause) for clause in _CLAUSES.split(sentence))

    def _clause_moves(self, clause: str) -> bool:
        words = words_of(clause)
        few = len(words) <= NEAR or self._echoes(words)
        return few and self._moved(words, phrases_of(words, self._language, self._lines))

    def _other_figure(self, sentence: str, words: Sequence[str]) -> bool:
        """Return whether a figure is stated that the question has otherwise, and little else."""
        stated = mentions(sentence, self._language)
        others = [one for one in stated if self._differs(one)]
        if not others or len(words) > 2 * NEAR:
            return False
        rest = list(sentence)
        for one in stated:
            rest[one.start : one.end] = " " * (one.end - one.start)
        left = phrases_of(words_of("".join(rest)), self._language, self._lines)
        strange = sum(kind == "unknown" for _, kind in left)
        spelt = sum(one.isdigit() for other in others if not other.currencies for one in other.shown)
        return any(
            one.currencies or one.kind in ("identifier", *_DAYS) or spelt < TELEPHONE
            for one in others
            if strange <= _STRANGE[one.kind] or len(words) <= FEW
        )

    def _differs(self, one: Mention) -> bool:
        known = self._values.get(family(one.kind)) if one.kind in _STRANGE else None
        stated = values(one)
        return bool(known and stated) and not stated & (known or set()) and not self._courteous(one)

    def _courteous(self, one: Mention) -> bool:
        """Return whether a number in words is one of courtesy: "grazie mille"."""
        word = tuple(words_of(one.shown))
        spelt = not any(character.isdigit() for character in one.shown)
        return spelt and any(word[0] in phrase for phrase in _courtesies(packs(), self._language))

    def _echoes(self, words: Sequence[str]) -> bool:
        return any(word in self._long for word in words)

    def _moved(self, words: Sequence[str], found: Sequence[tuple[Phrase, str]]) -> bool:
        """Return whether a word narrows or moves it; a single one only where it stands beside something that is named."""
        named = any(kind in ("unknown", "part", "foreign") for _, kind in found) or self._echoes(words)
        agreed = {phrase for phrase, kind in found if kind == "yes"}
        return any(
            (len(mark) > 1 or named or len(words) == 1) and not any(_within(mark, phrase) for phrase in agreed)
            for mark in _marks(packs(), self._language)
            if _within(mark, words)
        )


def family(kind: str) -> str:
    """Return the group of kinds in which one figure stands for another."""
    return "day" if kind in _DAYS else "count" if kind in _COUNTS else kind


def values(one: Mention) -> frozenset[object]:
    """Return all that a figure may say."""
    return _KEYS[one.kind](one) if one.kind in _KEYS else frozenset(one.readings)


def _holds(words: Sequence[str], phrases: frozenset[Phrase]) -> bool:
    return any(_within(phrase, words) for phrase in phrases)


def _within(phrase: Phrase, words: Sequence[str]) -> bool:
    return any(tuple(words[place : place + len(phrase)]) == phrase for place in range(len(words) - len(phrase) + 1))


@cache
def _marks(known: Packs, language: str) -> frozenset[Phrase]:
    return frozenset(_listed(known, language, "answers", "changes")) | frozenset(
        _listed(known, language, "speech", "corrections")
    )


@cache
def _more(known: Packs, language: str) -> frozenset[Phrase]:
    return frozenset(_listed(known, language, "speech", "also"))


@cache
def _courtesies(known: Packs, language: str) -> frozenset[Phrase]:
    return frozenset(phrase for phrase in _listed(known, language, "answers", "polite") if len(phrase) > 1)


def _listed(known: Packs, language: str, section: str, key: str) -> Iterator[Phrase]:
    for code in dict.fromkeys((EVERYWHERE, language)):
        for words in known.words(section, key).get(code, ()):
            yield tuple(words_of(words))

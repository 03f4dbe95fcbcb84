"""Clauses of a sentence as plain words, with the places of every list's words found once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from handrail.domain.text.deeds.lexicon import LANGUAGES, Lexicon, lexicons, spoken_in
from handrail.domain.text.deeds.unlisted.forms import Forms, forms

_TOKEN = re.compile(r"[^\W_]+|[,;:()¿?!–—•\"“”«»„]|(?<=\s)-(?=\s)")
_CONTRACTED = re.compile(r"n['’]t\b")
_NONE: frozenset[str] = frozenset()
_NOWHERE: Mapping[int, int] = MappingProxyType({})
_LONGEST = 80
_LEAD = 5
_STOPS = frozenset('?!;:()–—•-"“”«»„')
_OWN_LANGUAGE = 3.5
_DOUBTS = frozenset({"neg", "cond", "unsure", "general"})


@dataclass(slots=True)
class Part:
    """Words between two marks or conjunctions. `after` is the conjunction before it: that, join or nothing.

    `lead` are the last words of the clause before and the conjunction: 'I see that'. `ends` is the mark behind it.
    """

    form: Forms
    lexicon: Lexicon
    words: list[str]
    shown: list[str]
    after: str = ""
    lead: tuple[str, ...] = ()
    ends: str = ""
    found: dict[str, dict[int, int]] = field(init=False)
    doubt: int | None = None

    def __post_init__(self) -> None:
        self.found = self.form.placed(self.words)
        self.doubt = self._first_doubt()

    @property
    def asked(self) -> bool:
        """Tell if a question mark ends it."""
        return self.ends == "?"

    def places(self, name: str) -> Mapping[int, int]:
        """Find where words of the list stand, each with how many words it has."""
        return self.found.get(name, _NOWHERE)

    def first(self, name: str) -> int | None:
        """The place of the first word or phrase of the list."""
        return next(iter(self.places(name)), None)

    def has(self, *names: str) -> bool:
        """Tell if a word of one of the lists stands in it."""
        return any(self.places(name) for name in names)

    def means(self, name: str, start: int = 0, end: int | None = None) -> bool:
        """Tell if a word between the places has this meaning in the lexicon of deeds: own, you, other, neg."""
        return any(name in self.lexicon.classes(word) for word in self.words[start:end])

    def doubtful(self, end: int | None = None) -> bool:
        """Tell if a denial, a condition, a wish or a rule stands in it, or before `end`."""
        return self.doubt is not None and (end is None or self.doubt < end)

    def _first_doubt(self) -> int | None:
        place = 0
        size, names = (
            self.lexicon.phrase(list(self.lead[-2:]), 0) if self.after == "that" and len(self.lead) > 1 else (0, _NONE)
        )
        if size == len(self.lead[-2:]) and names & _DOUBTS:
            return 0
        while place < len(self.words):
            size, names = self.lexicon.phrase(self.words, place)
            names = names if size else self.lexicon.classes(self.words[place])
            if names & _DOUBTS and "not_only" not in names and self._conditional(place):
                return place
            place += size or 1
        return None

    def _conditional(self, place: int) -> bool:
        """Tell if a condition may stand here. 'As credit we have added 10': Dutch 'als', with the helper behind a noun."""
        if place:
            return self.words[place] not in self.form.lists["at_front"]
        helper = next((at for at in self.places("have") if 2 <= at <= _LEAD - 1), None)
        return not (self.words[0] in self.form.lists["as_well"] and helper and self.means("own", helper + 1, helper + 2))

    def at(self, name: str, place: int) -> bool:
        """Tell if a word or a phrase of the list stands at the place or covers it."""
        return any(start <= place < start + size for start, size in self.places(name).items())


def parts_of(sentence: str, language: str | None) -> tuple[str, list[Part]] | None:
    """The language of a sentence and its clauses; nothing where it has not two words."""
    return next(pieces(sentence, language), None)


def pieces(sentence: str, language: str | None) -> Iterator[tuple[str, list[Part]]]:
    """A sentence without end is read in pieces, so that no text takes long."""
    whole = _TOKEN.findall(_CONTRACTED.sub(" not", sentence))
    for start in range(0, len(whole), _LONGEST):
        shown = whole[start : start + _LONGEST]
        words = [word.lower() for word in shown]
        spoken = language_of(tuple(words), language)
        found = list(_parts(words, shown, forms()[spoken], lexicons()[spoken])) if len(words) > 1 else []
        if found:
            yield spoken, found


def language_of(words: tuple[str, ...], language: str | None) -> str:
    """Tell the language of lower-case words; the case's `language` where they could be of it."""
    votes = dict.fromkeys(LANGUAGES, 0.0)
    for word in set(words):
        for spoken in spoken_in(word):
            votes[spoken] += 1
    if language in votes:
        votes[language] += _OWN_LANGUAGE
    return max(LANGUAGES, key=votes.__getitem__)


def _parts(words: list[str], shown: list[str], form: Forms, lexicon: Lexicon) -> Iterator[Part]:
    start, after = 0, ""
    last: Part | None = None
    for place in range(len(words) + 1):
        word = words[place] if place < len(words) else "."
        joint = _joint(word, lexicon) if place < len(words) else ""
        if place < len(words) and not joint and word.isalnum():
            continue
        if place > start:
            lead = (*(last.words[-_LEAD:] if last else ()), *words[max(0, start - 1) : start])
            last = Part(form, lexicon, words[start:place], shown[start:place], after, lead, word)
            after = ""
            yield last
        after = "" if word in _STOPS else joint or after
        start = place + 1


def _joint(word: str, lexicon: Lexicon) -> str:
    names = lexicon.classes(word)
    if "cond" in names or "neg" in names:
        return ""
    return "that" if "that" in names else "join" if names & {"join", "but", "or"} else ""

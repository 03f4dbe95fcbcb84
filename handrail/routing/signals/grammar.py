"""Requests for a person in any business: patterns over nouns, so that a business need not list every combination."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handrail.routing.lexicon import Wishes, Words
from handrail.routing.phrases import GAP, GAP_WORDS, Phrase
from handrail.routing.text import PAUSE, STOP, Folded, spaceless, spellings

END = "END"
EVERYWHERE = "en"
"""The language whose small words people put beside a noun of any other: "operatör please"."""
_PAUSED = rf"(?: {PAUSE})?"
_MOST = 4
_NOT = frozenset({"no", "nein", "non", "nee", "nej", "nie", "nao"})


@dataclass(frozen=True)
class Ask:
    """One entry of `asks`; `refuses` says that it is about bots, so that a negation before it takes nothing back."""

    phrase: Phrase
    pattern: re.Pattern[str]
    refuses: bool


@dataclass(frozen=True)
class Receiver:
    """The place of a person who got a thing; `led_to` tells that what was done stands before them."""

    start: int
    end: int
    led_to: bool

    def is_of(self, match: re.Match[str]) -> bool:
        """Tell whether the match asks for nobody else.

        A wish whose verb stands before the person ("delivered, so let me talk to a person") is one all the same.
        """
        overlaps = self.start < match.end() and match.start() < self.end
        return overlaps and not (self.led_to and match.start() < self.start)


class Grammar:
    """Built once from the shipped words."""

    def __init__(self, words: Wishes) -> None:
        self._nouns = frozenset().union(*(vocabulary(each) for each in (words.people, words.bots)))
        self._people = {language: _words(_single(entries)) for language, entries in words.people.items()}
        self._anybody = frozenset().union(*self._people.values())
        everywhere = words.between.get(EVERYWHERE, [])
        self._fillers = {
            language: _words([*words.between[language], *words.alone[language], *words.people[language], *everywhere])
            for language in words.people
        }
        self._other = vocabulary(words.other)
        self._asks = [_ask(text, language, words) for language, asks in words.asks.items() for text in asks]
        people = {language: [*words.people[language], *words.bystanders[language]] for language in words.people}
        anybody = words.model_copy(update={"people": people})
        self._receivers = [
            _ask(text, language, anybody, pause="") for language, texts in words.receivers.items() for text in texts
        ]

    def matches(self, message: Folded) -> Iterator[tuple[Ask, re.Match[str]]]:
        """Every ask with every place where it stands."""
        if self._nouns.isdisjoint(message.vocabulary):
            return
        for ask in self._asks:
            for match in ask.pattern.finditer(message.stream):
                yield ask, match

    def receivers(self, message: Folded) -> list[Receiver]:
        """Every person in the message who got a thing, or does something with it."""
        found = (match for one in self._receivers for match in one.pattern.finditer(message.stream))
        return [Receiver(*match.span("person"), match.start() < match.start("person")) for match in found]

    def other(self, after: list[str]) -> bool:
        """Return whether the words after a person make another thing of it: an agent account."""
        return bool(after) and after[0] in self._other

    def alone(self, message: Folded) -> Phrase | None:
        """A sentence of a person and small words only, with no 'not' beside it."""
        for sentence in message.stream.split(f" {STOP} "):
            if self._anybody.isdisjoint(sentence.split()):
                continue
            clauses = [clause.split() for clause in sentence.split(f" {PAUSE} ")]
            for language, people in self._people.items():
                if self._only(clauses, people, self._fillers[language]):
                    return Phrase("person", language)
        return None

    def _only(self, clauses: list[list[str]], people: frozenset[str], fillers: frozenset[str]) -> bool:
        words = [word for clause in clauses for word in clause if word not in (STOP, PAUSE)]
        if people.isdisjoint(words) or not people.union(fillers).issuperset(words):
            return False
        return not any(len(clause) > 1 and clause[0] in _NOT for clause in clauses)


def _ask(text: str, language: str, words: Wishes, pause: str = _PAUSED) -> Ask:
    """The entry as a pattern; its words and gaps reach over `pause`."""
    source = ""
    tokens = text.split()
    for place, token in enumerate(tokens):
        if token == GAP:
            source += rf"(?:{pause} \w+){{0,{GAP_WORDS}}}?"
        elif token == END:
            source += rf"(?= (?:[{STOP}{PAUSE}]|$))"
        else:
            source += (f"{pause} " if place else "") + _piece(token, language, words)
    shown = text.replace("|", "/").removesuffix(f" {END}")
    return Ask(Phrase(shown, language), re.compile(rf"(?<= ){source}(?= )"), "BOT" in tokens)


def _piece(token: str, language: str, words: Wishes) -> str:
    nouns = {"PERSON": words.people, "BOT": words.bots}.get(token)
    if nouns is None:
        return _either(token.split("|"))
    between = _either(words.between[language])
    return rf"(?P<{token.lower()}>(?:{between} ){{0,{_MOST}}}?{_either(nouns[language])})"


def _either(entries: list[str]) -> str:
    forms = {" ".join(forms) for entry in entries for forms in _forms(entry)}
    return f"(?:{'|'.join(map(re.escape, sorted(forms, key=lambda form: (-len(form), form))))})"


def _forms(entry: str) -> Iterator[list[str]]:
    words = [spellings(word) for part in entry.split() for word in _parts(part)]
    yield [one[0] for one in words]
    yield [one[-1] for one in words]


def _single(entries: list[str]) -> list[str]:
    """'member of staff' is a person, 'of' is none."""
    return [entry for entry in entries if " " not in entry]


def _words(entries: list[str]) -> frozenset[str]:
    parts = (word for entry in entries for part in entry.split() for word in _parts(part))
    return frozenset(form for word in parts for form in spellings(word))


def _parts(word: str) -> list[str]:
    """A word as a message has it: in scripts without blanks, its characters."""
    return Folded(word).words if spaceless(word) else [word]


def vocabulary(words: Words) -> frozenset[str]:
    """Every single word of every language, folded, in each of its spellings."""
    return frozenset().union(*(_words(entries) for entries in words.values()))

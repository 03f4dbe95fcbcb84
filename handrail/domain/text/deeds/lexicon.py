"""Words that tell of deeds, in nine languages, and what each means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt")
MARKED = "\ue000"
"""Stands in a text for an identifier, an amount or another mention."""

Classes = frozenset[str]
_NONE: Classes = frozenset()
_TOKEN = re.compile(rf"{MARKED}|[^\W_]+|[,;:()¿–—•]|(?<=\s)-(?=\s)|[&+]")
_CONTRACTED = re.compile(r"n['’]t\b")
_CACHED = 20_000


def tokens(text: str) -> list[str]:
    """The words and marks of lower-case `text`; hyphens, full stops and apostrophes part words."""
    return _TOKEN.findall(_CONTRACTED.sub(" not", text))


@dataclass(slots=True)
class _Entries:
    """The meanings of words in one language. Phrases stand under their first word, long ones first."""

    exact: dict[str, set[str]] = field(default_factory=dict)
    begins: dict[str, set[str]] = field(default_factory=dict)
    phrases: dict[str, list[tuple[tuple[str, ...], set[str]]]] = field(default_factory=dict)

    def add(self, entry: str, name: str) -> None:
        words = tuple(re.findall(r"[^\W_]+\*?", _CONTRACTED.sub(" not", entry)))
        if len(words) > 1:
            self.phrases.setdefault(words[0], []).append((words, {name}))
        elif words and words[0].endswith("*"):
            self.begins.setdefault(words[0][:-1], set()).add(name)
        elif words:
            self.exact.setdefault(words[0], set()).add(name)

    def closed(self) -> _Entries:
        for first, found in self.phrases.items():
            merged: dict[tuple[str, ...], set[str]] = {}
            for words, names in found:
                merged.setdefault(words, set()).update(names)
            self.phrases[first] = sorted(merged.items(), key=lambda one: -len(one[0]))
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """One language. `verb_last` says that its participles end a clause, `person_in_verb` that 'you' need not be said."""

    language: str
    verb_last: bool
    person_in_verb: bool
    numbers: Mapping[str, int]
    entries: _Entries

    def classes(self, token: str) -> Classes:
        """Return the classes of a word; nothing where the language does not know it."""
        return _meanings(token).get(self.language, _NONE)

    def phrase(self, words: list[str], place: int) -> tuple[int, Classes]:
        """Return the length in words of a known phrase from `place` on, and its classes; 0 where none is there."""
        for phrase, names in self.entries.phrases.get(words[place], ()):
            if len(words) - place >= len(phrase) and all(
                word.startswith(part[:-1]) if part.endswith("*") else word == part
                for part, word in zip(phrase, words[place:], strict=False)
            ):
                return len(phrase), frozenset(names)
        return 0, _NONE


@cache
def lexicons() -> dict[str, Lexicon]:
    """Every language's words, read once."""
    return {language: _lexicon(language) for language in LANGUAGES}


@lru_cache(_CACHED)
def _meanings(token: str) -> Mapping[str, Classes]:
    """Return the classes of a word in each language that knows it."""
    found: dict[str, set[str]] = {}
    exact, begins, longest = _everywhere()
    for language, names in exact.get(token, ()):
        found.setdefault(language, set()).update(names)
    for size in range(2, min(len(token), longest) + 1):
        for language, names in begins.get(token[:size], ()):
            found.setdefault(language, set()).update(names)
    return {language: frozenset(names) for language, names in found.items()}


def spoken_in(token: str) -> Mapping[str, Classes]:
    """The languages that know the word, with what it means in each."""
    return _meanings(token)


_TELLING = (
    "done:",
    "own:",
    "ahead:",
    "verb:",
    "noun:",
    "generic",
    "way",
    "receive",
    "arrive",
    "new_address",
    "changed",
    "act",
)


@lru_cache(_CACHED)
def tells(token: str) -> bool:
    """Return whether the word may tell of a deed, in any language, by itself or in a phrase."""
    by_itself = any(name.startswith(_TELLING) for names in _meanings(token).values() for name in names)
    return by_itself or token in _telling_phrases()


@cache
def _telling_phrases() -> frozenset[str]:
    return frozenset(
        word
        for lexicon in lexicons().values()
        for found in lexicon.entries.phrases.values()
        for phrase, names in found
        if any(name.startswith(_TELLING) for name in names)
        for word in (max(phrase, key=len).rstrip("*"),)
    )


_Index = dict[str, list[tuple[str, set[str]]]]


@cache
def _everywhere() -> tuple[_Index, _Index, int]:
    exact: _Index = {}
    begins: _Index = {}
    for language, lexicon in lexicons().items():
        for word, names in lexicon.entries.exact.items():
            exact.setdefault(word, []).append((language, names))
        for phrase in (one for found in lexicon.entries.phrases.values() for one, _ in found):
            for word in phrase:
                exact.setdefault(word, []).append((language, set()))
        for word, names in lexicon.entries.begins.items():
            begins.setdefault(word, []).append((language, names))
    return exact, begins, max(map(len, begins), default=0)


def _lexicon(language: str) -> Lexicon:
    path = Path(__file__).parents[1] / "words" / "deeds" / f"{language}.toml"
    data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    entries = _Entries()
    for name, listed in _lists(data):
        for entry in listed.lower().split(","):
            entries.add(entry.strip(), name)
    return Lexicon(language, data["verb_last"], data["person_in_verb"], data["numbers"], entries.closed())


def _lists(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from data["words"].items()
    for kind, forms in data["kinds"].items():
        for form, listed in forms.items():
            yield f"{form}:{kind}", listed

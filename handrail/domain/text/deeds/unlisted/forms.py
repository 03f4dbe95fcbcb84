"""Forms in which nine languages say that something was changed: lists and patterns of `words/changes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_CACHED = 20_000
_KEY = 2
_STEM = 4


class Listed:
    """A list of words, of beginnings of words and of phrases."""

    def __init__(self, listed: str) -> None:
        entries = [re.sub(r"[-'’]", " ", one).split() for one in listed.lower().split(",")]
        self.exact = {one[0] for one in entries if len(one) == 1 and not one[0].endswith("*")}
        self.starts = {one[0][:-1] for one in entries if len(one) == 1 and one[0].endswith("*")}
        self.begins = re.compile("|".join(sorted(map(re.escape, self.starts), key=len, reverse=True)) or r"\b\B")
        self.stems = frozenset(word[:_STEM] for word in (*self.exact, *self.starts) if len(word) >= _STEM)
        self.phrases: dict[str, list[tuple[str, ...]]] = {}
        for one in entries:
            if len(one) > 1:
                self.phrases.setdefault(one[0][:_KEY].rstrip("*"), []).append(tuple(one))
        for found in self.phrases.values():
            found.sort(key=len, reverse=True)

    def __contains__(self, word: str) -> bool:
        return word in self.exact or self.begins.match(word) is not None

    def size(self, words: Sequence[str], place: int) -> int:
        """Count the words at `place` are of the list; 0 for none."""
        for phrase in self.phrases.get(words[place][:_KEY], ()):
            following = words[place : place + len(phrase)]
            if len(following) == len(phrase) and all(map(_fits, phrase, following)):
                return len(phrase)
        return int(words[place] in self)

    def within(self, words: Sequence[str]) -> int | None:
        """The place of the first of its words or phrases."""
        return next((place for place in range(len(words)) if self.size(words, place)), None)


def _fits(entry: str, word: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


_Phrases = tuple[tuple[tuple[str, ...], str], ...]


class _Index:
    """Every list's entries by what a word begins with."""

    def __init__(self, lists: Mapping[str, Listed]) -> None:
        self.exact: dict[str, list[str]] = {}
        self.begins: dict[str, list[str]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, listed in lists.items():
            for word in listed.exact:
                self.exact.setdefault(word, []).append(name)
            for start in listed.starts:
                self.begins.setdefault(start, []).append(name)
            for key, found in listed.phrases.items():
                self.phrases.setdefault(key, []).extend((phrase, name) for phrase in found)
        self.longest = max(map(len, self.begins), default=0)
        self.of = lru_cache(_CACHED)(self._of)

    def _of(self, word: str) -> tuple[tuple[str, ...], _Phrases]:
        """The lists that have the word, and phrases that it may begin."""
        starts = (self.begins.get(word[:size], ()) for size in range(1, min(len(word), self.longest) + 1))
        phrases = tuple(one for one in self.phrases.get(word[:_KEY], ()) if _fits(one[0][0], word))
        return tuple(dict.fromkeys([*self.exact.get(word, ()), *(name for names in starts for name in names)])), phrases


@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """One language's ways to say that something was changed."""

    lists: dict[str, Listed]
    ending: re.Pattern[str]
    past: re.Pattern[str]
    third: re.Pattern[str]
    customer_verb: re.Pattern[str]
    habit: re.Pattern[str]
    with_se: re.Pattern[str]
    adjacent: bool
    bare_state: bool
    alone: bool
    index: _Index

    def placed(self, words: Sequence[str]) -> dict[str, dict[int, int]]:
        """Find where words of each list stand, each with how many words it has."""
        found: dict[str, dict[int, int]] = {}
        for place, word in enumerate(words):
            names, phrases = self.index.of(word)
            for name in names:
                found.setdefault(name, {})[place] = 1
            for phrase, name in phrases:
                following = words[place : place + len(phrase)]
                if len(following) == len(phrase) and all(map(_fits, phrase, following)):
                    known = found.setdefault(name, {})
                    known[place] = max(len(phrase), known.get(place, 0))
        return found

    def says_done(self, word: str, *, capital: bool, nouns: bool) -> bool:
        """Tell if the word is a participle by its looks; German nouns, which have capitals, are none."""
        if capital and nouns:
            return False
        return word in self.lists["odd"] or (self.ending.fullmatch(word) is not None and word not in self.lists["never"])

    def says_past(self, word: str) -> bool:
        """Tell if the word says 'I did' or, in some languages, 'did'."""
        return (
            word in self.lists["past_odd"]
            or self.third.fullmatch(word) is not None
            or (self.past.fullmatch(word) is not None and word not in self.lists["never"])
        )


@cache
def forms() -> dict[str, Forms]:
    """Every language's forms, read once."""
    text = files("handrail.domain.text").joinpath("words/changes.toml").read_text("utf-8")
    return {language: _forms(data) for language, data in tomllib.loads(text).items()}


_PATTERNS = ("ending", "past", "third", "customer_verb", "habit", "with_se")


def _forms(data: dict[str, Any]) -> Forms:
    lists = {name: Listed(value) for name, value in data.items() if isinstance(value, str) and name not in _PATTERNS}
    return Forms(
        lists,
        re.compile(data["ending"]),
        re.compile(data["past"]),
        re.compile(data["third"]),
        re.compile(data["customer_verb"]),
        re.compile(data["habit"]),
        re.compile(data["with_se"]),
        data["adjacent"],
        data["bare_state"],
        data["alone"],
        _Index(lists),
    )

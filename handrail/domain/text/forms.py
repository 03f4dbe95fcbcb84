"""Forms in which nine languages say that something was changed: lists and patterns of `words/changes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


class Listed:
    """A list of words, of beginnings of words and of phrases."""

    def __init__(self, listed: str) -> None:
        entries = [re.sub(r"[-'’]", " ", one).split() for one in listed.lower().split(",")]
        self.exact = {one[0] for one in entries if len(one) == 1 and not one[0].endswith("*")}
        begins = {one[0][:-1] for one in entries if len(one) == 1 and one[0].endswith("*")}
        self.begins = re.compile("|".join(sorted(map(re.escape, begins), key=len, reverse=True)) or r"\b\B")
        self.phrases: dict[str, list[tuple[str, ...]]] = {}
        for one in entries:
            if len(one) > 1:
                self.phrases.setdefault(one[0], []).append(tuple(one))
        for found in self.phrases.values():
            found.sort(key=len, reverse=True)

    def __contains__(self, word: str) -> bool:
        return word in self.exact or self.begins.match(word) is not None

    def size(self, words: Sequence[str], place: int) -> int:
        """Count the words at `place` are of the list; 0 for none."""
        for phrase in self.phrases.get(words[place], ()):
            following = words[place : place + len(phrase)]
            if len(following) == len(phrase) and all(map(_fits, phrase, following)):
                return len(phrase)
        return int(words[place] in self)

    def within(self, words: Sequence[str]) -> int | None:
        """The place of the first of its words or phrases."""
        return next((place for place in range(len(words)) if self.size(words, place)), None)


def _fits(entry: str, word: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """One language's ways to say that something was changed."""

    lists: dict[str, Listed]
    ending: re.Pattern[str]
    past: re.Pattern[str]
    third: re.Pattern[str]
    adjacent: bool
    bare_state: bool
    alone: bool

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


_PATTERNS = ("ending", "past", "third")


def _forms(data: dict[str, Any]) -> Forms:
    lists = {name: Listed(value) for name, value in data.items() if isinstance(value, str) and name not in _PATTERNS}
    return Forms(
        lists,
        re.compile(data["ending"]),
        re.compile(data["past"]),
        re.compile(data["third"]),
        data["adjacent"],
        data["bare_state"],
        data["alone"],
    )

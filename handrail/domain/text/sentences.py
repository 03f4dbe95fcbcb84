"""Sentences: the one splitter for every language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from handrail.domain.text.figures.cldr import months
from handrail.domain.text.figures.vocabulary import listed

_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|\n")
_LAST_WORD = 24
_ONE_LETTER = frozenset("aieouyàéwzr")


@dataclass(frozen=True, slots=True)
class SentenceSpan:
    """A sentence with its place: `text` is what stands from `start` up to `end`, without blanks at either side."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[SentenceSpan]:
    """Split `text` into sentences, in order. A line break ends one; an abbreviation's or an ordinal's point does not."""
    found, start = [], 0
    for match in _END.finditer(text):
        if match[0] != "\n" and _goes_on(text, match.start(), match.end()):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [made for begin, end in found if (made := _trimmed(text, begin, end)).text]


def sentence_at(found: Sequence[SentenceSpan], place: int) -> SentenceSpan | None:
    """Return the sentence of `found` that holds the character at `place`, or the last one before it."""
    index = bisect_right(found, place, key=attrgetter("start")) - 1
    return found[index] if index >= 0 else None


def _trimmed(text: str, start: int, end: int) -> SentenceSpan:
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    inner = piece.strip()
    return SentenceSpan(begin, begin + len(inner), inner)


def _goes_on(text: str, stop: int, end: int) -> bool:
    """Tell an abbreviation's or an ordinal's point from a full stop. `stop` is where the marks begin, `end` where they end."""
    if text[stop] != "." or end - stop > 1:
        return False
    word = re.split(r"[\s(\[\"'„“»«]", text[max(0, stop - _LAST_WORD) : stop])[-1].casefold()
    following = _next(text, end)
    if following.islower() or word in _before_names() or (len(word) == 1 and word.isalpha() and word not in _ONE_LETTER):
        return True
    if word.isdigit() and len(word) <= 2:
        return _month_follows(text, end)
    return following.isdigit() and (word in _before_numbers() or word in months())


def _next(text: str, end: int) -> str:
    return text[end : end + 40].lstrip()[:1]


def _month_follows(text: str, end: int) -> bool:
    word = re.match(r"\s*([^\W\d_]+)", text[end : end + 40])
    return word is not None and word[1].casefold() in months()


@cache
def _before_names() -> frozenset[str]:
    return frozenset(listed("abbreviations", "before_names"))


@cache
def _before_numbers() -> frozenset[str]:
    return frozenset(listed("abbreviations", "before_numbers"))

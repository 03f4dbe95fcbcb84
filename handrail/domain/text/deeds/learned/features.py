"""Features of a sentence: its words, its pairs of words, and how words begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[?!:;–—,]")
_BEGIN, _STEM, _END = 4, 6, 3
LONGEST = 80
"""Words and marks that are read together; a sentence without end is read in pieces of so many."""


def pieces(sentence: str) -> Iterator[list[str]]:
    """Split a sentence into words and marks in lower case; every figure is a 0."""
    found = ["0" if word.isdigit() else word for word in _TOKEN.findall(sentence.replace("’", "'").casefold())]
    for start in range(0, len(found), LONGEST):
        yield found[start : start + LONGEST]


def features(words: Sequence[str]) -> list[str]:
    """Collect the features of a piece, each once, in order; marks count as words."""
    return sorted(set(_features(words)))


def _features(words: Sequence[str]) -> Iterator[str]:
    framed = ["^", *words, "$"]
    endings = [word[-_END:] for word in framed]
    for word in words:
        yield f"w:{word}"
        yield f"p:{word[:_BEGIN]}"
        yield f"e:{word[-_END:]}"
        if len(word) > _BEGIN:
            yield f"q:{word[:_STEM]}"
    for first, second in pairwise(framed):
        yield f"b:{first} {second}"
    for first, second in pairwise(endings):
        yield f"f:{first} {second}"
    for place in range(len(framed) - 2):
        yield f"s:{framed[place]} _ {framed[place + 2]}"
    yield f"n:{min(len(words) // _BEGIN, 5)}"

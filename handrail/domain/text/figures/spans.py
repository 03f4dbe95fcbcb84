"""Spans of time: a number before a unit, or the first number of a range before it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from handrail.domain.text.words import any_of, words

_FAR = 48


def span_after(text: str, place: int) -> str | None:
    """The unit of time that the number which ends at `place` counts, such as day; None where it counts something else."""
    match = _pattern().match(text[place : place + _FAR].lower())
    return match.lastgroup if match else None


@functools.lru_cache(maxsize=4_096)
def is_unit_of_time(word: str) -> bool:
    """Tell whether the word in lower case is a unit of time, such as 'minutes'."""
    return bool(_units().fullmatch(word))


def single_spans(text: str) -> Iterator[tuple[str, str]]:
    """Each 'within a week': its words and its unit, of which it counts one."""
    lower = text.lower()
    for match in _single().finditer(lower):
        unit = _pattern().match(lower, match.end())
        if unit and unit.lastgroup:
            yield lower[match.start() : unit.end()], unit.lastgroup


@functools.cache
def _single() -> re.Pattern[str]:
    told = words("replies")["one"]
    return re.compile(rf"{any_of(told['within'])}\s{any_of(told['article'])}(?=[\s-])")


@functools.cache
def _units() -> re.Pattern[str]:
    return re.compile("|".join(any_of(names) for names in words("replies")["units"].values()))


@functools.cache
def _pattern() -> re.Pattern[str]:
    told = words("replies")
    units = "|".join(rf"(?P<{unit}>{any_of(names)})" for unit, names in told["units"].items())
    between = "|".join(sorted(map(re.escape, told["to"]), key=len, reverse=True))
    return re.compile(rf"(?:\s?(?:{between})\s?\d{{1,3}})?[\s-]{{0,2}}(?:[^\W\d_]+[\s-])?(?:{units})")

"""Clock times and days of a month in words: 'half past two', 'am neunzehnten November', in nine languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from handrail.domain.text.figures.mention import Day
from handrail.domain.text.figures.spelled import spelled
from handrail.domain.text.words import LANGUAGES, words

_CARDINAL_DAYS = frozenset({"fr", "es", "it", "nl", "pt", "pl"})
_WORDS = r"[^\W\d_]{2,20}(?:[ -](?:[yei] |och |en )?[^\W\d_]{2,14})??"
_END = r"(?=\s*(?:[.,;:!?)]|$))"
_MINUTES = {"full": 0, "half_past": 30, "half_to": -30, "quarter_past": 15, "quarter_to": -15}
_HALF_DAY, _DAY = 720, 1440


class SpokenTime(NamedTuple):
    """A time or a day in words, from `start` up to `end`: what it may mean of either."""

    start: int
    end: int
    shown: str
    times: frozenset[tuple[int, int]]
    days: frozenset[Day]


def spoken_times(text: str, language: str | None, months: dict[str, int]) -> Iterator[SpokenTime]:
    """Read every clock time and date in words of `text`; `months` are the names of months. Nothing in an unknown language."""
    if language not in LANGUAGES:
        return
    end = 0
    # 'à deux heures et demie' is no 'à deux heures': of those that begin together, or within each other, the longest counts.
    for one in sorted(_read(text.lower(), language, months), key=lambda one: (one.start, -one.end)):
        if one.start >= end:
            yield one
            end = one.end


def _read(lower: str, language: str, months: dict[str, int]) -> Iterator[SpokenTime]:
    for name, pattern in _clock(language):
        for match in pattern.finditer(lower):
            times = _times(name, match, language)
            if times:
                yield SpokenTime(match.start(), match.end(), match[0], times, frozenset())
    for pattern in _dates(language, tuple(months)):
        for match in pattern.finditer(lower):
            # 'le premier novembre': what stands before the day may look like a part of it.
            for said in (match["d"], match["d"].partition(" ")[2]):
                if day := _day(said, language) if said else None:
                    found = frozenset({(None, months[match["o"]], day)})
                    start = match.end("d") - len(said) if match.start("d") < match.start("o") else match.start()
                    yield SpokenTime(start, match.end(), lower[start : match.end()], frozenset(), found)
                    break


def _times(name: str, match: re.Match[str], language: str) -> frozenset[tuple[int, int]]:
    minutes = _MINUTES.get(name)
    if minutes is None:
        # 'at thirty past two': what stands before the minutes may look like a part of them.
        found = (_number(one, language) for one in (match["m"], match["m"].partition(" ")[2]))
        value = next((one for one in found if one is not None and 0 < one < 60), None)
        if value is None:
            return frozenset()
        minutes = value * (1 if name == "past" else -1)
    hour = next(number for number, pattern in _hours(language) if pattern.fullmatch(match["h"]))
    moment = hour * 60 + minutes
    return frozenset(divmod((moment + half) % _DAY, 60) for half in (0, _HALF_DAY))


def _day(said: str, language: str) -> int | None:
    named = next((number for number, pattern in _ordinals(language) if pattern.fullmatch(said)), None)
    if named is not None or language not in _CARDINAL_DAYS:
        return named
    number = _number(said, language)
    return number if number is not None and 1 <= number <= 31 else None


def _number(said: str, language: str) -> int | None:
    """The number that all of `said` spells."""
    found = spelled(said, 0, language) if said else None
    return int(found.value) if found is not None and found.end == len(said) else None


@functools.cache
def _clock(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    hours = "|".join(sorted((pattern.pattern for _, pattern in _hours(language)), key=len, reverse=True))
    places = {"h": rf"(?P<h>{hours})(?!\w)", "m": rf"(?P<m>{_WORDS})", "e": _END}
    return tuple(
        (name, re.compile(r"(?<!\w)" + re.sub(r"\{([hme])\}", lambda found: places[found[1]], one)))
        for name, listed in words("spoken_times")["clock"][language].items()
        for one in listed
    )


@functools.cache
def _hours(language: str) -> tuple[tuple[int, re.Pattern[str]], ...]:
    return _numbered(words("spoken_times")["hours"][language])


@functools.cache
def _ordinals(language: str) -> tuple[tuple[int, re.Pattern[str]], ...]:
    return _numbered(words("spoken_times")["days"][language])


def _numbered(listed: str) -> tuple[tuple[int, re.Pattern[str]], ...]:
    return tuple((number, re.compile(one.replace("_", " "))) for number, one in enumerate(listed.split(), 1))


@functools.lru_cache(maxsize=16)
def _dates(language: str, months: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    ordinals = "|".join(sorted((pattern.pattern for _, pattern in _ordinals(language)), key=len, reverse=True))
    day = rf"(?P<d>{ordinals}{'|' + _WORDS if language in _CARDINAL_DAYS else ''})"
    month = rf"(?P<o>{'|'.join(sorted(map(re.escape, months), key=len, reverse=True))})(?!\w)"
    orders = [rf"(?<!\w){day} (?:of |de |di |d['’])?{month}"]
    if language == "en":
        orders.append(rf"(?<!\w){month},? (?:the )?{day}(?!\w)")
    return tuple(map(re.compile, orders))

"""Percentages, sizes and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from handrail.domain.text.figures.mention import Kind, Mention, Page
from handrail.domain.text.figures.numerals import Numeral
from handrail.domain.text.figures.vocabulary import listed, spaced

_SIGN = re.compile(r" ?[%‰]")
_WORDS = re.compile(r"[ -]([^\W\d_]+)(?:[ .]{1,2}([^\W\d_]+))?")
_BY = re.compile(r"(?: ?[x×] ?(\d{1,5}(?:[.,]\d{1,2})?)(?!\d)){1,3}", re.IGNORECASE)
_UNIT = re.compile(r"[ -]?([°º]?[^\W\d_]+[23]?|[°\"″′](?:[CFcf]\b)?)(?![^\W_])")
_SCREEN = re.compile(r"(?:144|240|360|480|540|720|1080|1440|2160|4320)[pi](?![^\W_])")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ère|ème|e|º|ª|°|\.º|\.ª|:e|:a|-go|ste|de)(?![^\W_])")
_ORDINALS, _FRACTIONS, _LETTERED = frozenset("snrtedèºª°.:-"), frozenset("/⁄^"), frozenset(" km")
"""The beginnings of what makes a number an ordinal, a fraction, thousands or millions."""
_FRACTION = re.compile(r"(\d{1,4})[/⁄^](\d{1,4})(?:⁄(\d{1,2}))?(?![\d/⁄^])(?![.,]\d)")
_LETTERS = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r" ?[kKM](?![^\W_])")


def percent(page: Page, place: int) -> Mention | None:
    """Read `50 %`, `50 percent`, 'fifty percent', and the words for a half."""
    number = number_at(page, place)
    if number is None:
        return _half(page, place)
    end = _percent_sign(page, number.end)
    if end is None:
        return None
    values = tuple(value / 10 for value in number.readings) if page.text[end - 1] == "‰" else number.readings
    return page.make("percent", place, end, *values)


def size(page: Page, place: int) -> Mention | None:
    """Read a measure that is no money: `4.50 kg`, `10 x 20 cm`, `1080p`, `48 hours`."""
    if page.text[place : place + 3].isdecimal() and (screen := _SCREEN.match(page.text, place)):
        return page.make("size", place, screen.end(), Decimal(screen[0][:-1]))
    number = page.number(place)
    if number is None or not number.readings:
        return None
    values, end = number.readings, number.end
    by = _BY.match(page.text, end)
    if by:
        more = (Decimal(one.replace(",", ".")) for one in re.findall(r"\d+(?:[.,]\d+)?", by[0]))
        values, end = (*values, *more), by.end()
    unit = _UNIT.match(page.text, end)
    if (
        unit
        and spaced(unit[1]) in _units()
        and not (page.text[end : end + 1] == " " and unit[1] in ("in", "c", "a", "t", "l", "v", "C", "A", "W"))
    ):
        return page.make("size", place, unit.end(), *values)
    return page.make("size", place, end, *values) if by else None


def plain(page: Page, place: int) -> Mention | None:
    """Read a bare number, an ordinal, a fraction; a number word where it counts alone."""
    number = page.number(place)
    mark = page.lower[number.end : number.end + 1] if number else ""
    if mark in _FRACTIONS and (fraction := _FRACTION.match(page.text, place)):
        return page.make("number", place, fraction.end(), *(Decimal(one) for one in fraction.groups() if one))
    if number is None:
        words = page.spelled(place)
        return page.make("number", place, words.end, words.value) if words and words.alone else None
    ordinal = _ORDINAL.match(page.lower, number.end) if mark in _ORDINALS else None
    letter = _LETTER.match(page.text, number.end) if mark in _LETTERED and not ordinal else None
    end = ordinal.end() if ordinal else number.end
    kind: Kind = "number" if number.readings and not page.text[end : end + 1].isalpha() else "unread"
    if letter and letter[0][0] != " ":
        times = 1000 if letter[0].strip().lower() == "k" else 1_000_000
        return page.make("number", place, letter.end(), *(value * times for value in number.readings), *number.readings)
    if kind == "unread":
        return page.make("unread", place, end)
    return page.make("number", place, end, *number.readings)


def number_at(page: Page, place: int) -> Numeral | None:
    """Read a number in digits or in words; None where it is none."""
    found = page.number(place)
    if found:
        return found if found.readings else None
    words = page.spelled(place)
    return Numeral(words.end, (words.value,)) if words else None


def _percent_sign(page: Page, end: int) -> int | None:
    if sign := _SIGN.match(page.text, end):
        return sign.end()
    words = _WORDS.match(page.lower, end)
    if not words:
        return None
    if words[2] and f"{words[1]} {words[2]}" in _percent_words():
        return words.end()
    return words.end(1) if words[1] in _percent_words() else None


def _half(page: Page, place: int) -> Mention | None:
    word = page.word(place)
    if word in _halves() or (word == "half" and page.language in (None, "en") and _is_share(page, place)):
        return page.make("percent", place, place + len(word), Decimal(50))
    return None


def _is_share(page: Page, place: int) -> bool:
    """'Half of it' and 'half the price', not 'half an hour'."""
    after = re.match(r"[ -]([^\W\d_]+)", page.lower[place + 4 : place + 30])
    return not after or after[1] not in listed("half", "not_before", "en")


@cache
def _halves() -> frozenset[str]:
    return frozenset(listed("half", "any"))


@cache
def _percent_words() -> frozenset[str]:
    return frozenset(spaced(one) for one in listed("percent", "words"))


@cache
def _units() -> Mapping[str, str]:
    sizes = {spaced(one): "size" for name in ("units", "durations") for one in listed("sizes", name)}
    return sizes | {'"': "size", "°": "size", "″": "size", "′": "size", "°c": "size", "°f": "size", "ºc": "size"}


@cache
def units_begin() -> frozenset[str]:
    """Return every word that a unit of size behind a number may begin with, and what multiplies sizes."""
    return frozenset({found[0] for unit in _units() if (found := _LETTERS.match(unit))} | {"x", "p", "i"})


@cache
def percents_begin() -> frozenset[str]:
    """Return every word that may stand first behind a percentage."""
    return frozenset(name.split()[0] for name in _percent_words() if name.strip())


@cache
def range_begins() -> frozenset[str]:
    """Return the characters with which `range_words` goes on behind a blank."""
    return frozenset("-–—−") | {word[0] for word in listed("range", "words")}


@cache
def range_words() -> re.Pattern[str]:
    """Return the pattern of what stands between the two ends of a range."""
    words = "|".join(re.escape(one) for one in listed("range", "words"))
    return re.compile(rf"(?: ?[-–—−] ?|\. ?[-–—] ?|(?:st|nd|rd|th|er|\.)? (?:{words}) (?:the |den |zum |il |el |le )?)(?=\S)")

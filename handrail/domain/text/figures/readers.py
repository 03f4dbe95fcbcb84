"""Tells by one look at a word, or at what stands around digits, which readers can read it: so that no other is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from handrail.domain.text.figures import cldr, dates, measures, money
from handrail.domain.text.figures.dates import clock, day_alone, relative_day, written_date, year_alone
from handrail.domain.text.figures.measures import percent, plain, size
from handrail.domain.text.figures.mention import Mention, Page
from handrail.domain.text.figures.references import addressed, called, worded
from handrail.domain.text.figures.spelled import first_words
from handrail.domain.text.figures.vocabulary import listed, vocabulary

Reader = Callable[[Page, int], Mention | None]

MONEY, PERCENT, SIZE, CLOCK, DATE = 1, 2, 4, 8, 16
ANYTHING = MONEY | PERCENT | SIZE | CLOCK | DATE
ANNOUNCED, NAMED, MANY, JOINED, PARTED, ADDRESSED = 1, 2, 4, 8, 16, 32
"""Around digits: a word before them, or one with a colon; seven digits together; more of a word, or of the number, behind
them; an address or a UUID that may begin there."""

_SIGNS = {"%": PERCENT, "‰": PERCENT, "°": SIZE | DATE, **dict.fromkeys('×"″′', SIZE)}
"""All other signs are those of currencies."""


def behind(page: Page, end: int) -> int:
    """Tell what a number up to `end` may be by what stands behind it: a sum of `MONEY` to `DATE`, 0 for nothing."""
    near = cldr.unit_near().match(page.lower, end)
    if near is None:
        return 0
    word = near[1]
    if word is None:
        return _SIGNS.get(page.lower[near.end() - 1], MONEY)
    said = _words().get(word, 0)
    symbol = page.lower[near.start(1) : near.end() + 1] in money.lettered_openings()
    return said | MONEY if symbol or word[:4] in cldr.adjectives() else said


@cache
def _words() -> Mapping[str, int]:
    """Map each word that makes something of the number before it to what that may be."""
    found: dict[str, int] = {}
    for sense, words in (
        (MONEY, money.units_begin()),
        (PERCENT, measures.percents_begin()),
        (SIZE, measures.units_begin()),
        (CLOCK, dates.CLOCK_WORDS),
        (DATE, dates.days_begin()),
    ):
        for word in words:
            found[word] = found.get(word, 0) | sense
    return found


@cache
def by_digits(length: int, mark: str, said: int, around: int) -> tuple[Reader, ...]:
    """Return the readers that may read digits, in the order in which they are asked.

    `length` are the digits, 5 is more; `mark` stands behind them, '' is one that tells nothing; `said` is what `behind` says.
    `around` is a sum of `ANNOUNCED` to `ADDRESSED`.
    """
    date = (mark in tuple("-/.") and length in (1, 2, 4)) or (length <= 2 and bool(said & DATE))
    asked: tuple[tuple[Reader, bool], ...] = (
        (addressed, bool(around & ADDRESSED)),
        (written_date, date),
        (day_alone, length <= 2 and bool(around & ANNOUNCED) and not date),
        (money.amount, bool(said & MONEY)),
        (percent, mark in tuple(" -%‰.,'’") and bool(said & PERCENT)),
        (clock, length <= 2 and mark in tuple(":.hHaApPuUoO ") and (mark != " " or bool(said & CLOCK))),
        (called, bool(around & MANY)),
        (year_alone, length == 4),
        (money.bare, bool(around & PARTED)),
        (size, bool(said & SIZE)),
        (worded, length == 5 or bool(around & (JOINED | NAMED))),
        (plain, True),
    )
    return tuple(read for read, may in asked if may)


WORDED: tuple[Reader, ...] = (written_date, relative_day, money.amount, percent)
"""Who reads what begins with a word, in the order in which they are asked."""


class WordOpening(NamedTuple):
    """The readers of what a word begins, `with_money` before one of `marks`, and whether it begins a number, too."""

    readers: tuple[Reader, ...]
    with_money: tuple[Reader, ...]
    marks: frozenset[str]
    number: bool


@cache
def by_word() -> Mapping[str, WordOpening]:
    """The first words of everything that is read without a digit in it, or before one."""
    days = {word for words in vocabulary()["days"].values() if isinstance(words, dict) for word in words}
    dates, relative = _firsts({*cldr.months(), *cldr.weekdays()[1]}), _firsts({*days, *cldr.weekdays()[0]})
    symbols = money.lettered_symbols()
    currencies = _firsts(cldr.currency_names()) | {code.lower() for code in cldr.currencies_in_use()}
    numbers, halves = frozenset(first_words()), _firsts({*listed("half", "any"), "half"})
    marks: dict[str, str] = {}
    for opening in money.lettered_openings():
        marks[opening[:-1]] = marks.get(opening[:-1], "") + opening[-1]
    found: dict[str, WordOpening] = {}
    for word in dates | relative | currencies | symbols | numbers | halves:
        money_too = word in currencies or word[:4] in cldr.adjectives()
        asked = (word in dates, word in relative, money_too, word in halves)
        found[word] = _opening(asked, marks.get(word, ""), word in numbers)
    return found


@cache
def _opening(asked: tuple[bool, ...], marks: str, number: bool) -> WordOpening:
    """Make the few openings that there are; thousands of words share them."""
    may = list(zip(WORDED, asked, strict=True))
    return WordOpening(
        readers=tuple(read for read, reads in may if reads),
        with_money=tuple(read for read, reads in may if reads or read is money.amount),
        marks=frozenset(marks),
        number=number,
    )


def _firsts(names: Iterable[str]) -> frozenset[str]:
    return frozenset(re.split(r"[ '’-]", name)[0] for name in names)

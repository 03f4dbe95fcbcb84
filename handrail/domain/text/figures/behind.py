"""The words behind a number, told by one look at the next word: so that only readers are asked that can read it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from handrail.domain.text.figures import cldr, dates, measures, money
from handrail.domain.text.figures.mention import Page

MONEY, PERCENT, SIZE, CLOCK, DATE = 1, 2, 4, 8, 16
ANYTHING = MONEY | PERCENT | SIZE | CLOCK | DATE

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

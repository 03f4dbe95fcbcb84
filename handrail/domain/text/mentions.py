"""Everything that a text says in figures: money, percentages, counts, dates, times and identifiers.

Every run of digits of the cleaned text lies in exactly one mention. What cannot be read surely is `unread`, never nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from handrail.domain.figures import Claim, claims, number
from handrail.domain.text.plain import clean

Day = tuple[int | None, int, int]
"""A year, where it is said, a month and a day."""

Kind = Literal[
    "amount", "percent", "number", "size", "date", "weekday", "time", "identifier", "email", "phone", "card", "unread"
]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a text states. `shown` is as written, from `start` up to `end` of the cleaned text.

    `readings` are all values that the spelling may have, likeliest first, of an amount, a percent, a number or a size;
    `amount` is the value where there is one reading only, else None. `currencies` are the ISO codes that the spelling may
    mean: empty where none is named. `days` are the dates that it may mean, of which all but `unread` have one at least;
    `weekday` is 0 for Monday; `times` are the hours and minutes that a clock time may mean. `relative` says a day by today:
    'tomorrow' is 1.
    """

    kind: Kind
    shown: str
    start: int
    end: int
    amount: Decimal | None = None
    readings: tuple[Decimal, ...] = ()
    currencies: frozenset[str] = frozenset()
    days: frozenset[Day] = frozenset()
    weekday: int | None = None
    times: frozenset[tuple[int, int]] = frozenset()
    relative: int | None = None


def mentions(text: str, language: str | None = None) -> list[Mention]:
    """Read what `text` states, in order of place; places are those of the cleaned text (see `plain.clean`).

    `language` is the two letters of the text's language, where it is known: it settles `1.234` and lets bare number words
    be read.
    """
    text = clean(text)
    found = [_mention(claim, text) for claim in claims(text)]
    taken = bytearray(len(text))
    for one in found:
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
    for match in _RUN.finditer(text):
        if not any(taken[match.start() : match.end()]):
            found.append(_left(match))
        else:
            found += [
                Mention("unread", run[0], run.start() + match.start(), run.end() + match.start())
                for run in re.finditer(r"\d+", match[0])
                if not taken[match.start() + run.start()]
            ]
    return sorted(found, key=lambda one: one.start)


_RUN = re.compile(r"\d(?:[\d.,:]*\d)?(?:\s?%)?")


def _mention(claim: Claim, text: str) -> Mention:
    start = text.index(claim.shown, claim.start)
    readings = () if claim.amount is None else (claim.amount,)
    return Mention(
        claim.kind,  # type: ignore[arg-type]
        claim.shown,
        start,
        start + len(claim.shown),
        claim.amount,
        readings,
        claim.currencies,
        claim.days,
    )


def _left(match: re.Match[str]) -> Mention:
    shown = match[0]
    if clock := re.fullmatch(r"(\d{1,2}):(\d{2})", shown):
        return Mention("time", shown, match.start(), match.end(), times=frozenset({(int(clock[1]), int(clock[2]))}))
    kind: Kind = "percent" if shown.endswith("%") else "number"
    written = shown.rstrip("% ")
    if ":" in written or not written.isascii():
        return Mention("unread", shown, match.start(), match.end())
    value = number(written)
    return Mention(kind, shown, match.start(), match.end(), value, (value,))

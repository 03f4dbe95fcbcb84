"""A mention, and the page that readers read it from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from handrail.domain.text.figures.numerals import Numeral, below_one, numeral
from handrail.domain.text.figures.spelled import Spelled, spelled

Day = tuple[int | None, int, int]
"""A year, where it is said, a month and a day."""

Kind = Literal[
    "amount",
    "percent",
    "number",
    "size",
    "date",
    "weekday",
    "relative",
    "time",
    "identifier",
    "email",
    "phone",
    "card",
    "unread",
]


class Mention(NamedTuple):
    """Something that a text states. `shown` is as written, from `start` up to `end` of the cleaned text.

    `readings` are all values that the spelling may have, likeliest first, of an amount, a percent, a number or a size;
    `amount` is the value where there is one reading only, else None. Values have no sign; `negative` says that a minus stands
    before it. `currencies` are the ISO codes that the spelling may mean: empty where none is named. `days` are the dates that
    it may mean: 'on the 8th' is the 8th of any month, 'November 2026' any day of it. `weekday` is 0 for Monday, alone or
    with a date. `times` are the hours and minutes of a clock time. `relative` says a day by today: 'tomorrow' is 1.
    `row` says that it is a row of very many figures, none of which was read.
    """

    kind: Kind
    shown: str
    start: int
    end: int
    amount: Decimal | None = None
    readings: tuple[Decimal, ...] = ()
    negative: bool = False
    currencies: frozenset[str] = frozenset()
    days: frozenset[Day] = frozenset()
    weekday: int | None = None
    times: frozenset[tuple[int, int]] = frozenset()
    relative: int | None = None
    row: bool = False


_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_BLANK = re.compile(r"\s")
_NEAR_DIGIT = 48
_NEAR_AT = 66


@dataclass(slots=True)
class Ahead:
    """The places of the next digit, the next blank and the next `@`, as far as they were sought."""

    digit: int = -1
    blank: int = -1
    at: int = -1


@dataclass(frozen=True, slots=True)
class Page:
    """A cleaned text with its lower-case form, character by character, and its language where that is known."""

    text: str
    language: str | None = None
    lower: str = field(init=False)
    read: dict[int, Numeral | None] = field(default_factory=dict)
    words: dict[int, Spelled | None] = field(default_factory=dict)
    currencies: dict[int, Any] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=Ahead)

    def __post_init__(self) -> None:
        lower = self.text.lower()
        if len(lower) != len(self.text):
            lower = "".join(one if len(small := one.lower()) != 1 else small for one in self.text)
        object.__setattr__(self, "lower", lower)

    def word(self, place: int) -> str:
        """Return the letters at `place`, in lower case."""
        found = _WORD.match(self.lower, place)
        return found[0] if found else ""

    def joined(self, place: int) -> bool:
        """Tell whether a digit stands within 48 characters from `place` on, before the next blank, or an `@` near it."""
        return self.digit_joined(place) or self.at_near(place)

    def digit_joined(self, place: int) -> bool:
        """Tell whether a digit stands within 48 characters from `place` on, before the next blank."""
        if self.ahead.digit < place:
            found = _DIGIT.search(self.text, place)
            self.ahead.digit = found.start() if found else len(self.text) + _NEAR_DIGIT + 1
        if self.ahead.digit - place > _NEAR_DIGIT:
            return False
        if self.ahead.blank < place:
            found = _BLANK.search(self.text, place)
            self.ahead.blank = found.start() if found else len(self.text)
        return self.ahead.digit < self.ahead.blank

    def at_near(self, place: int) -> bool:
        """Tell whether an `@` stands where that of an e-mail address begun at `place` would."""
        if self.ahead.at < place:
            found = self.text.find("@", place)
            self.ahead.at = found if found >= 0 else len(self.text) + _NEAR_AT
        return self.ahead.at - place < _NEAR_AT

    def number(self, place: int) -> Numeral | None:
        """Read the number in digits that begins at `place`, once however often it is asked for."""
        if place not in self.read:
            self.read[place] = below_one(self.text, place) or numeral(self.text, place, self.language)
        return self.read[place]

    def spelled(self, place: int) -> Spelled | None:
        """Read the number in words that begins at `place`, once however often it is asked for."""
        if place not in self.words:
            self.words[place] = spelled(self.lower, place, self.language)
        return self.words[place]

    def before(self, place: int, length: int = 24) -> str:
        """Return what stands before `place`, in lower case, without blanks at its end."""
        return self.lower[max(0, place - length) : place].rstrip(" ")

    def make(self, kind: Kind, start: int, end: int, *values: Decimal, **more: object) -> Mention:
        """Make a mention of `text[start:end]` with `values` as its readings."""
        readings = values if len(values) < 2 else tuple(dict.fromkeys(values))
        amount = readings[0] if len(readings) == 1 else None
        return Mention(kind, self.text[start:end], start, end, amount, readings, **more)  # type: ignore[arg-type]

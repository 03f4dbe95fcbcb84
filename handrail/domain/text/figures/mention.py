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
_NEAR_DIGIT = 48
_NEAR_AT = 66


@dataclass(frozen=True, slots=True)
class Page:
    """A cleaned text with its lower-case form, character by character, and its language where that is known."""

    text: str
    language: str | None = None
    lower: str = field(init=False)
    read: dict[int, Numeral | None] = field(default_factory=dict)
    words: dict[int, Spelled | None] = field(default_factory=dict)
    currencies: dict[int, Any] = field(default_factory=dict)
    ahead: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lower = self.text.lower()
        if len(lower) != len(self.text):
            lower = "".join(one if len(small := one.lower()) != 1 else small for one in self.text)
        object.__setattr__(self, "lower", lower)

    def word(self, place: int) -> str:
        """Return the letters at `place`, in lower case."""
        found = _WORD.match(self.lower, place)
        return found[0] if found else ""

    def digit_near(self, place: int) -> bool:
        """Tell whether a digit may stand within 48 characters behind `place`."""
        if self.ahead.get("digit", -1) < place:
            found = _DIGIT.search(self.text, place)
            self.ahead["digit"] = found.start() if found else len(self.text) + _NEAR_DIGIT
        return self.ahead["digit"] - place <= _NEAR_DIGIT

    def at_near(self, place: int) -> bool:
        """Tell whether an `@` stands where that of an e-mail address begun at `place` would."""
        if self.ahead.get("@", -1) < place:
            found = self.text.find("@", place)
            self.ahead["@"] = found if found >= 0 else len(self.text) + _NEAR_AT
        return self.ahead["@"] - place < _NEAR_AT

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

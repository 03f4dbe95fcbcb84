"""An index of what a source states, over data and people's words, built in one pass."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from handrail.domain.text.figures.mentions import Day, Mention, mentions
from handrail.domain.text.figures.spans import single_spans, span_after
from handrail.domain.text.plain import clean, compact
from handrail.domain.text.words import words

EAGER = 6_000
"""So many characters of free text are read at once, the rest where a reply states a figure that stands in it."""
AROUND = 60
PLACES = 40
_FEW = 4
"""More days than these are a month or 'the 8th', not one that may be a day."""
UNKNOWN = ""
"""The currency of an amount whose data names none."""

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?")
_PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_CODE = re.compile(r"#?[^\W_]+(?:[-_/][^\W_]+)*")
_WORD = re.compile(r"#?[^\W_]+(?:[-_/'’][^\W_]+)*")
_DIGITS = re.compile(r"\d+")
_MARK = re.compile(r"[#\-_/'’]")
_ISO_CODE = re.compile(r"[A-Z]{3}")


@dataclass(slots=True)
class Known:
    """The figures that may be stated. `amounts` maps a value to its currencies, `spans` are numbers with a unit of time."""

    amounts: dict[Decimal, set[str]] = field(default_factory=dict)
    numbers: set[Decimal] = field(default_factory=set)
    percents: set[Decimal] = field(default_factory=set)
    spans: set[tuple[Decimal, str]] = field(default_factory=set)
    days: set[Day] = field(default_factory=set)
    stretches: set[frozenset[Day]] = field(default_factory=set)
    weekdays: set[int] = field(default_factory=set)
    relatives: set[int] = field(default_factory=set)
    times: set[tuple[int, int]] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    digits: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    rest: list[str] = field(default_factory=list)
    room: int = EAGER
    looked: set[str] = field(default_factory=set)

    def learn(self, value: Any, key: str = "", currency: str = UNKNOWN) -> Known:
        """Take in JSON-like data. An amount under a key that ends in `_cents` or `_minor` also counts in whole units."""
        match value:
            case None | bool():
                return self
            case str():
                self._text(value, key, currency)
            case int() | float() | Decimal():
                self._number(Decimal(str(value)), key, currency)
            case Mapping():
                currency = _currency(value) or currency
                if currency != UNKNOWN:
                    self.currencies.add(currency)
                for name, inner in value.items():
                    self.learn(inner, str(name), currency)
            case date():
                self._text(value.isoformat(), key, currency)
            case Iterable():
                items = list(value)
                self.numbers.add(Decimal(len(items)))
                for inner in items:
                    self.learn(inner, key, currency)
            case _:
                self.hear(str(value))
        return self

    def hear(self, text: str, currency: str = UNKNOWN) -> Known:
        """Take in free text: whatever it states may be stated again."""
        text = clean(text)
        self._words(text)
        if len(text) > self.room:
            self.rest.append(text)
            return self
        self.room -= len(text)
        return self._read(text, currency)

    def __or__(self, other: Known) -> Known:
        made = Known()
        for name in (one.name for one in fields(Known)):
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, set):
                setattr(made, name, mine | theirs)
        made.amounts = {value: set(of) for value, of in self.amounts.items()}
        for value, of in other.amounts.items():
            made.amounts.setdefault(value, set()).update(of)
        made.rest, made.room, made.looked = self.rest + other.rest, 0, self.looked & other.looked
        return made

    def look(self, needle: str) -> bool:
        """Read what stands around `needle`, some digits, in text that was not read yet; False where it stands nowhere."""
        if needle in self.looked:
            return False
        self.looked.add(needle)
        places = 0
        for text in self.rest:
            start = text.find(needle)
            while start >= 0 and places < PLACES:
                begin, end = max(0, start - AROUND), start + len(needle) + AROUND
                self._read(text[_blank(text, begin, 1) : _blank(text, end, -1)], UNKNOWN)
                places += 1
                start = text.find(needle, end)
        return places > 0

    def currencies_of(self, value: Decimal) -> set[str]:
        """The currencies that `value` is known in; those of all data where its own names none."""
        own = self.amounts.get(value, set())
        return (own - {UNKNOWN}) | (self.currencies if UNKNOWN in own else set())

    def knows_day(self, day: Day) -> bool:
        """A year that only one of the two names is no difference."""
        year, month, number = day
        if year is not None and ((year, month, number) in self.days or (None, month, number) in self.days):
            return True
        return year is None and any(known[1:] == (month, number) for known in self.days)

    def dated(self, day: Day) -> Iterator[date]:
        """The known days that `day` may be, as dates."""
        same = [one for one in self.days if one[1:] == day[1:] and (day[0] is None or one[0] in (None, day[0]))]
        for year in {one[0] or day[0] for one in same}:
            try:
                yield date(year, day[1], day[2])  # type: ignore[arg-type]
            except (ValueError, TypeError):
                continue

    def _text(self, value: str, key: str, currency: str) -> None:
        if match := _ISO.fullmatch(value):
            self.days.add((int(match[1]), int(match[2]), int(match[3])))
            if match[4]:
                self.times.add((int(match[4]), int(match[5])))
        elif _PLAIN.fullmatch(value):
            self._number(Decimal(value), key, currency)
            self.digits.add(value.lstrip("-"))
            self.words.add(value.lstrip("-"))
        elif _CODE.fullmatch(value) and not _months_or_money(value):
            self._words(value)
        else:
            self.hear(value, currency)
            if len(value) <= 40:
                self.words.add(compact(value))

    def _number(self, value: Decimal, key: str, currency: str) -> None:
        if not value.is_finite():
            return
        value, told = abs(value), _key(key)
        for one in (value, value / 100) if told.minor else (value,):
            self.numbers.add(one)
            if not told.counts:
                self.amounts.setdefault(one, set()).add(told.currency or currency)
        if told.currency and not told.counts:
            self.currencies.add(told.currency)
        if told.percent:
            self.percents |= {value, value * 100} if value <= 1 else {value}
        if told.unit:
            self.spans.add((value, told.unit))
        if value == (whole := value.to_integral_value()):
            self.digits.add(str(int(whole)))

    def _words(self, text: str) -> None:
        lower = text.casefold()
        if lower.isalpha():
            self.words.add(lower)
            return
        found = _WORD.findall(lower)
        if _MARK.search(lower):
            for word in found:
                parts = _MARK.split(word)
                self.words.update(("".join(parts), *parts) if len(parts) > 1 else parts)
        else:
            self.words.update(found)
        self.digits.update(_DIGITS.findall(lower))

    def _read(self, text: str, currency: str) -> Known:
        found = mentions(text)
        for one in found:
            self._take(one, text, currency)
        if any(one.row for one in found):
            self.rest.append(text)
        self.spans |= {(Decimal(1), unit) for _, unit in single_spans(text)}
        return self

    def _take(self, one: Mention, text: str, currency: str) -> None:
        unit = span_after(text, one.end) if one.kind == "number" else None
        match one.kind:
            case "amount":
                for value in one.readings:
                    self.amounts.setdefault(value, set()).update(one.currencies or {currency})
                    self.numbers.add(value)
                if len(one.currencies) == 1:
                    self.currencies |= one.currencies
            case "percent":
                self.percents |= set(one.readings)
            case "number" if unit:
                self.spans |= {(value, unit) for value in one.readings}
            case "number" | "size":
                self.numbers |= set(one.readings)
            case "email":
                self.emails.add(one.shown.casefold())
            case "phone" | "card":
                self.digits.add(compact(one.shown))
        if len(one.days) > _FEW:
            self.stretches.add(one.days)
        else:
            self.days |= one.days
        self.times |= one.times
        if one.weekday is not None:
            self.weekdays.add(one.weekday)
        if one.relative is not None:
            self.relatives.add(one.relative)


def _blank(text: str, place: int, step: int) -> int:
    """The next place from `place` at which no number is cut."""
    if place <= 0 or place >= len(text):
        return max(0, min(place, len(text)))
    for here in range(place, place + step * AROUND // 2, step):
        if text[here : here + 1].isspace():
            return here
    return place


def _months_or_money(value: str) -> bool:
    return value[:1].isdigit() and value[-1:].isalpha() and not value.isdigit() and len(value) <= 12


def _currency(value: Mapping[Any, Any]) -> str:
    """The currency that a mapping names for what is in it."""
    for name, inner in value.items():
        if isinstance(inner, str) and _key(str(name)).currencies and _ISO_CODE.fullmatch(inner.upper()):
            return inner.upper()
    return UNKNOWN


class _Key(NamedTuple):
    """The meaning of a field's name for a number in it; `currencies` says that a currency stands under it."""

    counts: bool
    percent: bool
    minor: bool
    unit: str
    currency: str
    currencies: bool


@functools.lru_cache(maxsize=4_096)
def _key(key: str) -> _Key:
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", key)]
    told, held = words("replies")["keys"], set(parts)
    currency = next((part.upper() for part in reversed(parts) if part.upper() in _codes()), UNKNOWN)
    unit = next((unit for unit, names in told["spans"].items() if held & set(names)), "")
    counts, percent = bool(held & set(told["counts"])), bool(held & set(told["percents"]))
    return _Key(counts, percent, bool(held & {"cents", "minor"}), unit, currency, "curr" in key.lower())


@functools.cache
def _codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies()) - {"ALL", "TOP", "TRY", "MOP", "LAK"}

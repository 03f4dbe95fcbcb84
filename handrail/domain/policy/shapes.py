"""The types of facts: plain values, money and times, and lists and objects of them; read from JSON exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from handrail.domain.errors import InvalidInput
from handrail.domain.moments import instant
from handrail.domain.money import Money


class FactType(StrEnum):
    """The type of a fact that is no object. All but numbers, texts and flags are for expressions alone."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"
    NUMBERS = "list of numbers"
    TEXTS = "list of texts"


@dataclass(frozen=True)
class ListOf:
    """A list whose elements are all of one shape."""

    item: Shape

    @property
    def value(self) -> str:
        """The type in words for people: 'list of objects (age: number, name: text)'."""
        return f"list of {_several(self.item)}"


@dataclass(frozen=True)
class MapOf:
    """Values of one shape, each under a text: `allowance['gold']`."""

    item: Shape

    @property
    def value(self) -> str:
        """The type in words for people: 'map of numbers'."""
        return f"map of {_several(self.item)}"


@dataclass(frozen=True)
class Object:
    """Named fields, each of its own shape. What else an object holds cannot be named."""

    fields: Mapping[str, Shape] = field(hash=False)

    @property
    def value(self) -> str:
        """The type in words for people: 'object (age: number, name: text)'."""
        return f"object ({_fields(self)})"


Shape: TypeAlias = FactType | ListOf | MapOf | Object


class Amount(NamedTuple):
    """A sum of money, exact. The currency is empty only for the sum of no amounts at all."""

    number: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.number:f} {self.currency}".strip()


PLAIN = frozenset({FactType.NUMBER, FactType.TEXT, FactType.FLAG})
LONGEST_LIST = 10_000
"""Characters, and values, of a list or an object that a rule looks at: what was seen must fit into the record."""

_LISTS = {FactType.NUMBERS: ListOf(FactType.NUMBER), FactType.TEXTS: ListOf(FactType.TEXT)}
_MONEY = re.compile(r"(?:(?P<before>[A-Z]{3}) )?(?P<number>-?\d{1,15}(?:\.\d{1,8})?)(?: (?P<after>[A-Z]{3}))?")
_DURATION = re.compile(r"(?P<sign>-?)(?=\d)(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d{1,6})?)s)?")
_ISO_DURATION = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<y>\d+)Y)?(?:(?P<d>\d+)D)?(?:T(?=.)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d{1,6})?)S)?)?"
)
_RIGHT = {
    FactType.MONEY: "sum with its currency, for example '12.50 USD'",
    FactType.DATE: "day, for example '2026-11-28'",
    FactType.TIME: "time with its zone, for example '2026-11-28T09:30:00Z'",
    FactType.DURATION: "duration, for example '36h' or '2d12h'",
}


def long(shape: Shape) -> Shape:
    """The shape with lists written as `ListOf`."""
    return _LISTS.get(shape, shape) if isinstance(shape, FactType) else shape


def kind(shape: Shape) -> str:
    """The shape in a sentence: 'a number', 'a list', 'an object'."""
    match long(shape):
        case ListOf():
            return "a list"
        case MapOf():
            return "a map"
        case Object():
            return "an object"
        case FactType.MONEY:
            return "money"
        case other:
            return f"a {other.value}"


def read(shape: FactType, value: Any, name: str) -> Any:
    """The exact value of a fact that is neither list nor object.

    Raises:
        InvalidInput: it is of another type; with what would be right.
    """
    found = READERS[shape](value)
    if found is None:
        raise unfit(shape, value, name)
    return found


def unfit(shape: Shape, value: Any, name: str) -> InvalidInput:
    """The error about a value that is not of the shape, with what would be right."""
    right = _RIGHT.get(shape, shape.value) if isinstance(shape, FactType) else kind(shape).partition(" ")[2]
    given = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return InvalidInput(f"{name}: {given[:60]} is no {right}")


def number(value: Any) -> Decimal | None:
    """The exact number; a float counts as the shortest decimal that it prints as."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return found if found.is_finite() else None


def amount(value: Any) -> Amount | None:
    """The sum in '12.50 USD', 'USD 12.50' or `{"amount": "12.50", "currency": "USD"}`."""
    if isinstance(value, Amount):
        return value
    if isinstance(value, Mapping):
        given = value.get("amount")
        exact = number(given)
        value = f"{given if exact is None else format(exact, 'f')} {value.get('currency')}"
    found = _MONEY.fullmatch(value) if isinstance(value, str) else None
    if found is None or bool(found["before"]) == bool(found["after"]):
        return None
    return Amount(Decimal(found["number"]), found["before"] or found["after"])


def duration(value: Any) -> timedelta | None:
    """The duration in '2d12h', '90m', '1.5s' or ISO 8601's 'P2DT12H'."""
    if isinstance(value, timedelta):
        return value
    found = (_ISO_DURATION.fullmatch(value) or _DURATION.fullmatch(value)) if isinstance(value, str) else None
    if found is None:
        return None
    parts = {name: found[name] or "0" for name in found.re.groupindex}
    whole, _, part = parts["s"].partition(".")
    try:
        length = timedelta(
            days=int(parts["d"]) + 365 * int(parts.get("y", 0)),  # pydantic writes 400 days as P1Y35D
            hours=int(parts["h"]),
            minutes=int(parts["m"]),
            seconds=int(whole),
            microseconds=int(part.ljust(6, "0")),
        )
    except OverflowError:
        return None
    return -length if found["sign"] == "-" else length


def day(value: Any) -> date | None:
    """The day in '2026-11-28'."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-11-28") else None
    except ValueError:
        return None


READERS: dict[FactType, Callable[[Any], Any]] = {
    FactType.NUMBER: number,
    FactType.TEXT: lambda value: value if isinstance(value, str) else None,
    FactType.FLAG: lambda value: value if isinstance(value, bool) else None,
    FactType.MONEY: amount,
    FactType.DATE: day,
    FactType.TIME: instant,
    FactType.DURATION: duration,
}
"""How the exact value of each type is read; None where the value is of another type."""


def misfits(
    shape: Shape, value: Any, name: str, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the places in `value` that are not of the shape, with words. Fields may be missing or null."""
    shape = long(shape)
    match shape:
        case FactType():
            try:
                read(shape, value, name)
            except InvalidInput as error:
                yield at, str(error)
        case ListOf(item=item) if isinstance(value, list):
            for index, one in enumerate(value):
                yield from misfits(item, one, f"{name}[{index}]", (*at, index))
        case MapOf(item=item) if isinstance(value, Mapping):
            for key, one in value.items():
                yield from misfits(item, one, f"{name}[{key!r}]", (*at, key))
        case Object(fields=fields) if isinstance(value, Mapping):
            for key, one in value.items():
                if key not in fields:
                    yield (*at, key), f"{name} has no field {key}. Known: {', '.join(sorted(fields))}"
                elif one is not None:
                    yield from misfits(fields[key], one, f"{name}.{key}", (*at, key))
        case _:
            yield at, f"{unfit(shape, value, name)}: {shape.value}"


def within(facts: Mapping[str, Shape], name: str) -> Shape | None:
    """The shape of a fact, or of a field within one that is an object; None where there is none."""
    if name in facts:
        return facts[name]
    before, _, last = name.rpartition(".")
    outer = within(facts, before) if before else None
    return outer.fields.get(last) if isinstance(outer, Object) else None


def found_in(facts: Mapping[str, Any], name: str) -> Any:
    """The value of a fact, or of a field within one that is an object; None where there is none."""
    if name in facts:
        return facts[name]
    before, _, last = name.rpartition(".")
    outer = found_in(facts, before) if before else None
    return outer.get(last) if isinstance(outer, Mapping) else None


def objects(facts: Mapping[str, Shape]) -> set[str]:
    """The facts that are objects or maps: nested in a file, they are one fact and no group."""
    return {name for name, shape in facts.items() if isinstance(shape, Object | MapOf) or shape is FactType.MONEY}


def _several(shape: Shape) -> str:
    match long(shape):
        case Object() as one:
            return f"objects ({_fields(one)})"
        case ListOf(item=item):
            return f"lists of {_several(item)}"
        case FactType.MONEY:
            return "money"
        case other:
            return f"{other.value.replace('map of', 'maps of')}s" if isinstance(other, FactType) else other.value


def _fields(one: Object) -> str:
    return ", ".join(f"{name}: {shape.value}" for name, shape in sorted(one.fields.items(), key=lambda one: one[0]))


def json_ready(value: Any) -> Any:
    """The value as JSON has it: a model as an object, an exact number as a number, money, times and durations as texts."""
    match value:
        case BaseModel() | Mapping():
            return {str(key): json_ready(one) for key, one in dict(value).items()}
        case Amount() | Money():
            return str(value)
        case list() | tuple() | set() | frozenset():
            return [json_ready(one) for one in value]
        case Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return spelled(value)
        case _:
            return value


def spelled(length: timedelta) -> str:
    """The duration as it is written: '1d12h', '-90s', '0s'."""
    left = abs(length)
    minutes, seconds = divmod(left.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    exact = f"{seconds}.{left.microseconds:06d}".rstrip("0") if left.microseconds else str(seconds)
    parts = [(left.days, "d"), (hours, "h"), (minutes, "m"), (exact, "s")]
    words = "".join(f"{count}{unit}" for count, unit in parts if str(count) != "0") or "0s"
    return f"-{words}" if length < timedelta(0) else words

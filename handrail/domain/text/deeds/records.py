"""Records in data: every mapping that names something or says that something was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handrail.domain.text.deeds.data import identifiers, key, number, numbers, paid, states

_NONE = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping in data: its own identifiers, those of what holds it, all inside of it, and its own numbers by name."""

    own: frozenset[str]
    around: frozenset[str]
    inside: frozenset[str]
    numbers: Mapping[str, Decimal]
    states: Mapping[str, frozenset[Decimal]]
    items: int
    whole: bool

    @property
    def totals(self) -> set[Decimal]:
        """The sums that the thing cost or that were paid for it."""
        return {value for name, value in self.numbers.items() if key(name).total}


def records(facts: Iterable[Any]) -> list[Record]:
    """Every mapping in the data that names something or states something, what holds it first."""
    found: list[Record] = []
    for fact in facts:
        _walk(fact, _NONE, found)
    return found


def main(record: Record) -> str:
    """The identifier that the record goes by; the first of its own, else of what holds it."""
    return min(record.own or record.around or {""})


def _walk(value: Any, around: frozenset[str], found: list[Record]) -> frozenset[str]:
    """Put the records of the data into `found`; return its identifiers, each part of the data read once."""
    if isinstance(value, Mapping):
        return _mapping(value, around, found)
    if isinstance(value, list | tuple):
        return _NONE.union(*(_walk(inner, around, found) for inner in value))
    return identifiers(value)


def _mapping(value: Mapping[str, Any], around: frozenset[str], found: list[Record]) -> frozenset[str]:
    scalars = [inner for name, inner in value.items() if isinstance(inner, str | int) and not key(str(name)).person]
    own = _NONE.union(*map(identifiers, scalars))
    inside, held, place = own, around | own, len(found)
    for name, inner in value.items():
        if not isinstance(inner, str | int):
            below = _walk(inner, held, found)
            inside = inside if key(str(name)).person else inside | below
    stated = {kind: frozenset(_sums(value, kind)) for kind in states(value)}
    if own or stated:
        named = dict(numbers(value, deep=False))
        found.insert(place, Record(own, around, inside, named, stated, _items(value), _whole(value, named)))
    return inside


def _items(value: Mapping[str, Any]) -> int:
    lists = [inner for name, inner in value.items() if isinstance(inner, list) and key(str(name)).items]
    return sum(_quantity(item) for listed in lists for item in listed)


def _quantity(item: Any) -> int:
    found = number(item.get("quantity")) if isinstance(item, Mapping) else None
    return int(found) if found else 1


def _sums(value: Mapping[str, Any], kind: str) -> Iterator[Decimal]:
    """The sums of what a record says went back."""
    if kind != "refund":
        return
    yield from (found for name, found in numbers(value) if key(name).paid and not key(name).not_paid)
    for name, inner in value.items():
        if isinstance(inner, list) and key(str(name)).refunds:
            sums = [found for item in inner if isinstance(item, Mapping) for found in paid(item)]
            yield from [*sums, *([sum(sums, Decimal())] if sums else [])]


def _whole(value: Mapping[str, Any], named: Mapping[str, Decimal]) -> bool:
    if str(value.get("status", "")).lower() in ("refunded", "fully_refunded", "fully refunded"):
        return True
    refunded = [found for name, found in named.items() if key(name).paid and not key(name).not_paid]
    totals = [found for name, found in named.items() if key(name).total]
    return bool(refunded and totals and max(refunded) == max(totals))

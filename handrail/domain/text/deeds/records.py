"""Records in data: every mapping that names something or says that something was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from handrail.domain.text.deeds.data import KeyReading, identified, identifiers, key, number, numbers, paid, stated

_NONE = frozenset[str]()
_Fields = Sequence[tuple[KeyReading, Any]]
"""A mapping's fields, their names read."""


@dataclass(frozen=True, eq=False)
class Record:
    """A mapping in data that names something or says that something was done; `holder` is the next record around it.

    What it holds is read when it is first asked for: of much data most records are never asked.
    """

    value: Mapping[str, Any]
    fields: _Fields
    holder: Record | None
    states: Mapping[str, frozenset[Decimal]]

    @cached_property
    def own(self) -> frozenset[str]:
        """Its own identifiers."""
        scalars = (inner for name, inner in self.fields if isinstance(inner, str | int) and not name.person)
        return _NONE.union(*map(identifiers, scalars))

    @cached_property
    def around(self) -> frozenset[str]:
        """The identifiers of what holds it."""
        return self.holder.around | self.holder.own if self.holder else _NONE

    @cached_property
    def inside(self) -> frozenset[str]:
        """Its own identifiers and all inside of it."""
        return identifiers(self.value)

    @cached_property
    def numbers(self) -> Mapping[str, Decimal]:
        """Its own numbers by name, in whole units."""
        found = ((name, number(inner)) for name, inner in self.fields)
        return {name.name: value / 100 if name.minor else value for name, value in found if value is not None}

    @cached_property
    def items(self) -> int:
        """The number of things in its lists."""
        lists = [inner for name, inner in self.fields if isinstance(inner, list) and name.items]
        return sum(_quantity(item) for listed in lists for item in listed)

    @cached_property
    def whole(self) -> bool:
        """True where all of the money went back."""
        return _whole(self.value, self.numbers)

    @property
    def totals(self) -> set[Decimal]:
        """The sums that the thing cost or that were paid for it."""
        return {value for name, value in self.numbers.items() if key(name).total}


def records(facts: Iterable[Any]) -> list[Record]:
    """Every mapping in the data that names something or states something, what holds it first."""
    found: list[Record] = []
    for fact in facts:
        _walk(fact, None, found)
    return found


def main(record: Record) -> str:
    """The identifier that the record goes by; the first of its own, else of what holds it."""
    return min(record.own or record.around or {""})


def _walk(value: Any, holder: Record | None, found: list[Record]) -> None:
    """Put the records of the data into `found`."""
    match value:
        case str() | int() | float() | None:
            return
        case list() | tuple():
            for inner in value:
                _walk(inner, holder, found)
        case Mapping():
            fields = [(key(str(name)), inner) for name, inner in value.items()]
            states = {kind: frozenset(_sums(value, kind)) for kind in stated(fields)}
            if states or any(identified(inner) for name, inner in fields if not name.person):
                holder = Record(value, fields, holder, states)
                found.append(holder)
            for _, inner in fields:
                _walk(inner, holder, found)


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
    totals = [found for name, found in named.items() if key(name).total] if refunded else []
    return bool(refunded and totals and max(refunded) == max(totals))

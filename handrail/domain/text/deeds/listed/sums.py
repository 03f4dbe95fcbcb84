"""Sums of a clause that are said to have moved, with a currency or without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from handrail.domain.text.deeds.listed.claim import NARROW
from handrail.domain.text.deeds.listed.clauses import Clause, Mark, Unit
from handrail.domain.text.figures.spans import is_unit_of_time

_NO_COUNT = 20
"""A larger number beside a deed is a sum, not how many."""
_LEADS = frozenset({"aux", "you", "of"})
_LOOSE_LEADS = frozenset({"receive", "arrive", "light", "will", "give", "act"})
"""What stands before a sum without a currency; before a small number, which may be a count, only the first."""


def amounts_moved(clause: Clause) -> Iterator[Mark]:
    """The amounts that are said to have moved: not 'of your 180 USD', not what is left."""
    seen = False
    for place, unit in enumerate(clause.units):
        if unit.mark is None or unit.mark.kind != "amount":
            continue
        before = clause.units[max(0, place - 2) : place]
        more = any(one.mark and one.mark.kind == "amount" for one in clause.units[place + 1 :])
        described = any("of" in one.classes for one in before) and (seen or more or _object_near(clause, place))
        remains = any("left" in one.classes for one in clause.units[max(0, place - 1) : place + 2])
        if not described and not remains:
            yield unit.mark
        seen = True


def bare_sums(clause: Clause) -> Iterator[Mark]:
    """Sums without a currency: 'I have refunded 35 for A', 'you will get sixty-four back'."""
    yield from (mark for _, mark in bare_figures(clause))


def bare_figures(clause: Clause) -> Iterator[tuple[int, Mark]]:
    """Each number that stands where a sum does, with its place; a small one may be a count ('few')."""
    for place, unit in enumerate(clause.units):
        value = _figure(unit)
        if value is None or _counts(clause.units, place, few=value <= _NO_COUNT):
            continue
        before = clause.units[place - 1] if place else None
        leads = _LEADS if value <= _NO_COUNT else _LEADS | _LOOSE_LEADS
        named = before is not None and value > _NO_COUNT and bool(before.kinds("noun") - NARROW)
        if before is None or before.classes & leads or before.kinds("done") or before.kinds("own") or named:
            shown = unit.mark.shown if unit.mark else unit.text
            yield place, Mark("amount", shown, "few" if value <= _NO_COUNT else "", readings=(value,))


def _figure(unit: Unit) -> Decimal | None:
    if unit.mark:
        return unit.mark.readings[0] if unit.mark.kind == "number" else None
    return Decimal(unit.text) if unit.text.isdecimal() else None


def _counts(units: Sequence[Unit], place: int, *, few: bool) -> bool:
    """Return whether the number counts what follows, is the end of a range, or the number of something."""
    if place and "object" in units[place - 1].classes:
        return True
    near = [*units[max(0, place - 2) : place], *units[place + 1 : place + 3]]
    if any(_figure(one) is not None for one in near):
        return True
    after = units[place + 1] if place + 1 < len(units) else None
    if after is None or after.mark:
        return False
    return (
        not after.classes
        or bool(after.classes & {"object", "item"})
        or (few and "of" in after.classes)
        or is_unit_of_time(after.text)
    )


def _object_near(clause: Clause, place: int) -> bool:
    return any(
        "object" in unit.classes or (unit.mark and unit.mark.kind == "id") for unit in clause.units[max(0, place - 4) : place]
    )

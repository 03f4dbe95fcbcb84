"""Quantities of a clause: how many, which share, all of it, one more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handrail.domain.text.deeds.lexicon import lexicons
from handrail.domain.text.deeds.listed.claim import Quantity
from handrail.domain.text.deeds.listed.clauses import Clause, Unit
from handrail.domain.text.deeds.listed.doubts import NEAR

_ALL, _HALF = Decimal(100), Decimal(50)


def quantity_of(clause: Clause, kind: str) -> Quantity:
    """Read how many, which share and what else is counted."""
    units = clause.units
    names = frozenset(name for unit in units for name in unit.classes)
    count, noun = _count(units, kind)
    whole = next((at for at, unit in enumerate(units) if unit.classes & {"full", "rest"}), None)
    denied = whole is not None and any("neg" in unit.classes for unit in units[max(0, whole - NEAR) : whole])
    return Quantity(
        count=count,
        noun=noun,
        every="all" in names,
        spared="except" in names,
        each="each" in names,
        whole=(whole is not None and not denied) or _share(clause) == _ALL,
        share=_share(clause),
        another="another" in names,
        more="also" in names,
    )


def _share(clause: Clause) -> Decimal | None:
    percents = [mark.readings[0] for mark in clause.marks("percent") if mark.readings]
    return percents[0] if percents else _HALF if clause.has("half") else None


def _count(units: Sequence[Unit], kind: str) -> tuple[int | None, str]:
    for place, unit in enumerate(units):
        count = 2 if "both" in unit.classes else _number(unit)
        if count is None or _of_which(units, place):
            continue
        noun = _counted(units[place + 1 :], kind)
        if "both" in unit.classes or noun in ("object", "deed"):
            return count, noun
        if noun == "" and place and "all" in units[place - 1].classes:
            return count, noun
    every = next((place for place, unit in enumerate(units) if "all" in unit.classes), None)
    return None, "" if every is None else _counted(units[every + 1 :], kind)


def _of_which(units: Sequence[Unit], place: int) -> bool:
    """Return whether the number counts those of which some are meant: 'one of your 3 orders', 'of your 3 orders, A'."""
    back = place
    while back and units[back - 1].classes & {"light", "of", "you"} and not _is_one(units[back - 1]) and place - back < NEAR:
        back -= 1
    if back == 0:
        return place > 1 and "of" in units[0].classes and any(unit.mark and unit.mark.kind == "id" for unit in units)
    return back < place and _is_one(units[back - 1])


def _is_one(unit: Unit) -> bool:
    return "single" in unit.classes or (unit.mark is None and (unit.text.isdecimal() or _number(unit) is not None))


def _number(unit: Unit) -> int | None:
    if "count" not in unit.classes:
        return None
    if unit.text.isdigit():
        return int(unit.text)
    return next(one for one in (lexicon.numbers.get(unit.text) for lexicon in lexicons().values()) if one)


def _counted(following: Sequence[Unit], kind: str) -> str:
    """Return what is counted: an order, an item, a deed, something strange, or nothing by name."""
    for unit in following[:4]:
        if unit.kinds("noun") and kind in unit.kinds("noun"):
            return "deed"
        if "object" in unit.classes:
            return "object"
        if "item" in unit.classes or (not unit.classes and not unit.mark):
            return "item"
        if unit.mark or not unit.classes & {"light", "another", "count", "all"}:
            return ""
    return ""

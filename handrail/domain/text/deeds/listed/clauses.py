"""Sentences as clauses of units: words with their meanings, identifiers and amounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from handrail.domain.text.deeds.lexicon import Classes

NO_CLASSES: Classes = frozenset()
_CACHED = 20_000
MarkKind = Literal["id", "amount", "percent", "number", "other"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An identifier (its `value` in compact form), an amount, a percentage or a number in words with what it may mean.

    `shown` is as written.
    """

    kind: MarkKind
    shown: str
    value: str = ""
    readings: tuple[Decimal, ...] = ()
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or a phrase with what it means, or a mark."""

    text: str
    classes: Classes = NO_CLASSES
    mark: Mark | None = None

    def kinds(self, form: str) -> frozenset[str]:
        """The kinds of deeds of which this is the `form`: done, own, ahead, verb, noun or act."""
        return _kinds(self.classes, form)


@lru_cache(_CACHED)
def _kinds(classes: Classes, form: str) -> frozenset[str]:
    start = f"{form}:"
    return frozenset(name.removeprefix(start) for name in classes if name.startswith(start))


@dataclass(slots=True)
class Clause:
    """A clause, with one predicate. `after` is what parts it from the clause before: that, but, or, join, punct or nothing.

    `helped` says that an auxiliary stands in it, `strange` that words do which could be what it helps.
    """

    units: list[Unit]
    after: str = ""
    comma: str = ""
    predicate: bool = False
    question: bool = False
    denied: bool = False
    helped: bool = False
    strange: bool = False

    def first(self, *names: str) -> int | None:
        """The place of the first unit of one of these classes."""
        return next((place for place, unit in enumerate(self.units) if unit.classes & set(names)), None)

    def has(self, *names: str) -> bool:
        """Return whether a unit has one of these classes."""
        return any(unit.classes & set(names) for unit in self.units)

    def marks(self, kind: MarkKind) -> list[Mark]:
        """The identifiers or the amounts in it."""
        return [unit.mark for unit in self.units if unit.mark and unit.mark.kind == kind]


@dataclass(slots=True)
class Sentence:
    """A sentence with its clauses; `item` says that it is one of a list, `opens` that it ends with a colon."""

    text: str
    language: str
    clauses: list[Clause] = field(default_factory=list)
    item: bool = False
    opens: bool = False
    question: bool = False

    @property
    def units(self) -> Iterator[Unit]:
        """Every unit of every clause."""
        return (unit for clause in self.clauses for unit in clause.units)

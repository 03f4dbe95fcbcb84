"""Parts of a compiled expression: the shape of what each gives, and how it is worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from handrail.domain.errors import InvalidInput
from handrail.domain.money import Rates
from handrail.domain.policy.shapes import READERS, FactType, ListOf, MapOf, Object, Shape, long, unfit
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.language.lookups import LookupTable

Slots: TypeAlias = list[Any]
"""The facts in slot 0; behind them the element and the index of each list that is gone through."""

Path: TypeAlias = tuple[str, ...]
"""A fact's name, then `.field` for a field and `[]` for every element."""


@dataclass(frozen=True, slots=True)
class RuleSources:
    """The sources that rules may use besides the facts: rates, tables and the business's calendar."""

    rates: Rates | None = None
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    calendar: WorkingDays | None = None


@dataclass(frozen=True, slots=True)
class RuleNode:
    """`run` gives an exact value; `label` names it where it is wrong; `text` is that of a plain literal."""

    shape: Shape
    run: Callable[[Slots], Any]
    label: Callable[[Slots], str] = lambda slots: "a value"
    path: Path | None = None
    text: str | None = None


def taken(shape: Shape, value: Any, label: Callable[[Slots], str], slots: Slots) -> Any:
    """The value of a fact, exact where it is plain; lists and objects are looked into later.

    Raises:
        InvalidInput: it is missing, or of another type.
    """
    if value is None:
        raise InvalidInput(f"{label(slots)} is missing")
    found = READERS[shape](value) if isinstance(shape, FactType) else value if _holds(shape, value) else None
    if found is None:
        raise unfit(shape, value, label(slots))
    return found


def elements(node: RuleNode, slots: Slots) -> Iterator[Any]:
    """The exact elements of a list, or the keys of a map.

    Raises:
        InvalidInput: one is missing, or of another type.
    """
    shape = node.shape
    found = node.run(slots)
    if isinstance(shape, MapOf):
        yield from found
        return
    item = item_of(shape)
    for index, value in enumerate(found):
        yield taken(item, value, lambda at, index=index: f"{node.label(at)}[{index}]", slots)  # type: ignore[misc]


def item_of(shape: Shape) -> Shape:
    """The shape of a list's elements; a map is gone through by its keys."""
    return long(shape.item) if isinstance(shape, ListOf) else FactType.TEXT


def _holds(shape: Shape, value: Any) -> bool:
    return isinstance(value, list) if isinstance(shape, ListOf) else isinstance(value, Mapping)


def require(facts: Mapping[str, Any], path: Path, asked: frozenset[Path]) -> None:
    """See that every element along the way has what the expression uses without asking.

    Raises:
        InvalidInput: one has not: 'passengers[1].age is missing'.
    """
    if facts.get(path[0]) is not None:
        _require(facts[path[0]], path[0], path, 1, asked)


def _require(value: Any, label: str, path: Path, at: int, asked: frozenset[Path]) -> None:
    if at == len(path):
        return
    step = path[at]
    if step == "[]":
        for key, one in value.items() if isinstance(value, Mapping) else enumerate(value if isinstance(value, list) else ()):
            _require(one, f"{label}[{key!r}]", path, at + 1, asked)
    elif isinstance(value, Mapping):
        inner = value.get(step[1:])
        if inner is not None:
            _require(inner, label + step, path, at + 1, asked)
        elif path[: at + 1] not in asked:
            raise InvalidInput(f"{label}{step} is missing; where it may be, ask first: has({_asked(path[: at + 1])})")


def _asked(path: Path) -> str:
    *_, before, last = path
    return f"x{last}" if before == "[]" else "".join(path).replace("[]", "[0]")


__all__ = ["Object", "Path", "RuleNode", "RuleSources", "Slots", "elements", "item_of", "require", "taken"]

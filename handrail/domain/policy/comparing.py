"""One fact against one value: exact, and refused where the types do not fit."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from handrail.domain.errors import InvalidInput
from handrail.domain.policy.policies import Comparison, Operator, Plain, plain
from handrail.domain.policy.shapes import LONGEST_LIST

LONGEST = 2_000
"""Characters of a text that a rule looks at: what was seen must fit into the record."""

_ORDER: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.GREATER_THAN: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.REQUIRES_APPROVAL: operator.ge,
    Operator.LESS_THAN: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
}


def compare(one: Comparison, facts: Mapping[str, Any]) -> bool | None:
    """Return whether the comparison holds; None where the proposal does not have the fact.

    Raises:
        InvalidInput: the fact is not available or of another type than the value.
    """
    if one.field not in facts:
        return None
    fact = usable(one.field, facts[one.field])
    values = one.value if isinstance(one.value, list) else [one.value]
    for value in values:
        if type(value) is not type(fact):
            raise InvalidInput(f"{one.field} is {_kind(fact)} and is compared with {_kind(value)}")
    match one.operator:
        case Operator.EQUALS | Operator.IN:
            return fact in values
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return fact not in values
        case Operator.CONTAINS:
            return _text(one, values[0]) in _text(one, fact)
        case _:
            return _ORDER[one.operator](_number(one, fact), _number(one, values[0]))


def usable(field: str, value: Any) -> Plain:
    """The fact as a plain value.

    Raises:
        InvalidInput: it is not available, no plain value, or too long to be recorded.
    """
    return _bounded(field, value)


def readable(field: str, value: Any) -> Any:
    """The fact as it is, for an expression.

    Raises:
        InvalidInput: it is not available, not finite, or too long to be recorded.
    """
    if value is None:
        raise InvalidInput(f"{field} is not available")
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple | Mapping):
        if _length(value) > LONGEST_LIST:
            raise InvalidInput(f"{field} is longer than the {LONGEST_LIST:,} that a rule looks at")
        return value
    return _bounded(field, value)


def _length(value: Any) -> int:
    """Values and characters of everything within."""
    if isinstance(value, str):
        return len(value)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + sum(map(_length, parts))


def _bounded(field: str, value: Any) -> Plain:
    if value is None:
        raise InvalidInput(f"{field} is not available")
    try:
        found = plain(value)
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}") from error
    if isinstance(found, str) and len(found) > LONGEST:
        raise InvalidInput(f"{field} is longer than the {LONGEST:,} that a rule looks at")
    return found


def _kind(value: Plain) -> str:
    return "a flag" if isinstance(value, bool) else "a number" if isinstance(value, Decimal) else "a text"


def _number(one: Comparison, value: Plain) -> Decimal:
    if not isinstance(value, Decimal):
        raise InvalidInput(f"{one.field} is {_kind(value)}; {one.operator} needs a number")
    return value


def _text(one: Comparison, value: Plain) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{one.field} is {_kind(value)}; {one.operator} needs a text")
    return value

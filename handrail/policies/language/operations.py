"""Operators on two values: exact, two currencies only through the rates, and like only with like."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.money import UNKNOWN, Money, Rates
from handrail.domain.policy.shapes import READERS, FactType, ListOf, Shape, kind, unfit
from handrail.policies.language.nodes import RuleNode, RuleSources, Slots, elements

N, T, F = FactType.NUMBER, FactType.TEXT, FactType.FLAG
MONEY, DATE, TIME, DURATION = FactType.MONEY, FactType.DATE, FactType.TIME, FactType.DURATION

Apply: TypeAlias = Callable[[Any, Any], Any]
COMPARISONS: dict[str, Apply] = {
    "relation_lt": operator.lt,
    "relation_le": operator.le,
    "relation_gt": operator.gt,
    "relation_ge": operator.ge,
    "relation_eq": operator.eq,
    "relation_ne": operator.ne,
}
_SIGNS = {
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}


def alike(left: RuleNode, right: RuleNode) -> tuple[RuleNode, RuleNode]:
    """Both, with a text that was written beside money, a day, a time or a duration read as such.

    Raises:
        DefinitionInvalid: the text is none.
    """
    return _written(left, right.shape), _written(right, left.shape)


def comparison(name: str, left: RuleNode, right: RuleNode, world: RuleSources) -> RuleNode:
    """Raises: DefinitionInvalid: the two cannot be compared."""
    left, right = alike(left, right)
    compare, first, second = COMPARISONS[name], left.run, right.run
    if left.shape != right.shape:
        raise DefinitionInvalid(f"{kind(left.shape)} and {kind(right.shape)} cannot be compared. Compare like with like")
    if left.shape is MONEY:
        return RuleNode(F, lambda slots: compare(*together(first(slots), second(slots), world.rates)))
    if isinstance(left.shape, ListOf) and isinstance(left.shape.item, FactType) and name in ("relation_eq", "relation_ne"):
        return RuleNode(F, lambda slots: compare(list(elements(left, slots)), list(elements(right, slots))))
    if not isinstance(left.shape, FactType):
        raise DefinitionInvalid(f"{kind(left.shape)} and {kind(right.shape)} cannot be compared. Compare their parts")
    return RuleNode(F, lambda slots: compare(first(slots), second(slots)))


def membership(item: RuleNode, items: RuleNode, world: RuleSources) -> RuleNode:
    """Raises: DefinitionInvalid: the list is of another kind."""
    if not isinstance(items.shape, ListOf) and hasattr(items.shape, "item") and item.shape is T:
        return RuleNode(F, lambda slots: items.run(slots).get(item.run(slots)) is not None)
    one = _written(item, items.shape.item) if isinstance(items.shape, ListOf) else item
    if not isinstance(items.shape, ListOf) or items.shape.item != one.shape or not isinstance(one.shape, FactType):
        raise DefinitionInvalid(f"in: {kind(item.shape)} needs a list of its own kind")
    if one.shape is MONEY:
        return RuleNode(
            F, lambda slots: any(operator.eq(*together(one.run(slots), each, world.rates)) for each in elements(items, slots))
        )
    return RuleNode(F, lambda slots: one.run(slots) in list(elements(items, slots)))


def arithmetic(name: str, left: RuleNode, right: RuleNode, world: RuleSources) -> RuleNode:
    """Raises: DefinitionInvalid: there is no such sum of the two."""
    sign = _SIGNS[name]
    left, right = _operand(left, right.shape), _operand(right, left.shape)
    shapes = (left.shape, right.shape)
    if isinstance(left.shape, ListOf) and left.shape == right.shape and sign == "+":
        return RuleNode(left.shape, lambda slots: [*elements(left, slots), *elements(right, slots)])
    if (sign, *shapes) in _MONEY:
        result, work = _MONEY[(sign, *shapes)]
        return RuleNode(result, lambda slots: work(left.run(slots), right.run(slots), world.rates))
    if (sign, *shapes) not in _RESULTS:
        raise DefinitionInvalid(f"{sign}: {kind(left.shape)} and {kind(right.shape)} do not go together")
    found, apply = _RESULTS[(sign, *shapes)]
    return RuleNode(found, lambda slots: _within_bounds(apply, left.run(slots), right.run(slots)))


def negative(node: RuleNode) -> RuleNode:
    """Raises: DefinitionInvalid: it has no opposite."""
    if node.shape is MONEY:
        return RuleNode(MONEY, lambda slots: _scaled(node.run(slots), Decimal(-1), None))
    if node.shape not in (N, DURATION):
        raise DefinitionInvalid(f"-: {kind(node.shape)} has no opposite")
    return RuleNode(node.shape, lambda slots: -node.run(slots))


def together(left: Any, right: Any, rates: Rates | None) -> tuple[Decimal, Decimal]:
    """Two sums of money in one currency.

    Raises:
        InvalidInput: they are in two, and a rate is missing.
    """
    if left.currency == right.currency or not left.currency or not right.currency:
        return left.number, right.number
    return worth(left, rates, right), worth(right, rates, left)


def worth(money: Any, rates: Rates | None, other: Any = None) -> Decimal:
    """The sum in the business's currency. Raises: InvalidInput: no rate is known."""
    found = rates.worth(Money(money.number, frozenset({money.currency}))) if rates else UNKNOWN
    if not found.is_finite():
        against = f" and {other}" if other else ""
        raise InvalidInput(f"{money}{against} cannot be taken together: rates.yaml has no rate for {money.currency}")
    return found


def added(left: Any, right: Any, rates: Rates | None) -> Any:
    """The sum of two sums: in their currency, or the business's where they have two."""
    one, other = together(left, right, rates)
    same = left.currency == right.currency or not left.currency or not right.currency
    return type(left)(one + other, (left.currency or right.currency) if same else _own(rates))


def _own(rates: Rates | None) -> str:
    return rates.currency if rates else ""


def _scaled(money: Any, factor: Decimal, rates: Rates | None) -> Any:
    return type(money)(money.number * factor, money.currency)


def _written(node: RuleNode, wanted: Shape) -> RuleNode:
    if node.text is None or wanted not in (MONEY, DATE, TIME, DURATION) or not isinstance(wanted, FactType):
        return node
    value = READERS[wanted](node.text)
    if value is None:
        raise DefinitionInvalid(str(unfit(wanted, node.text, "beside " + kind(wanted))))
    return RuleNode(wanted, lambda slots: value)


def _operand(node: RuleNode, other: Shape) -> RuleNode:
    """A text beside a time or a day is the duration that it is moved by, where it is one."""
    moved = other in (DATE, TIME) and node.text is not None and READERS[DURATION](node.text) is not None
    return _written(node, DURATION if moved else other)


def _within_bounds(apply: Apply, left: Any, right: Any) -> Any:
    try:
        return apply(left, right)
    except OverflowError as error:
        raise InvalidInput("the time is too far away") from error


def _days(day: date, length: timedelta, sign: int) -> date:
    if length % timedelta(days=1):
        raise InvalidInput(f"{day} and {length}: a day can be moved by whole days only")
    return day + sign * length


def _stretched(length: timedelta, factor: Decimal) -> timedelta:
    return timedelta(microseconds=int(Decimal(length // timedelta(microseconds=1)) * factor))


def _shortened(length: timedelta, parts: Decimal) -> timedelta:
    return timedelta(microseconds=int(Decimal(length // timedelta(microseconds=1)) / parts))


def _ratio(left: timedelta, right: timedelta) -> Decimal:
    unit = timedelta(microseconds=1)
    return Decimal(left // unit) / Decimal(right // unit)


_RESULTS: dict[tuple[str, Shape, Shape], tuple[FactType, Apply]] = {
    ("+", N, N): (N, operator.add),
    ("-", N, N): (N, operator.sub),
    ("*", N, N): (N, operator.mul),
    ("/", N, N): (N, operator.truediv),
    ("%", N, N): (N, operator.mod),
    ("+", T, T): (T, operator.add),
    ("+", DURATION, DURATION): (DURATION, operator.add),
    ("-", DURATION, DURATION): (DURATION, operator.sub),
    ("*", DURATION, N): (DURATION, _stretched),
    ("*", N, DURATION): (DURATION, lambda left, right: _stretched(right, left)),
    ("/", DURATION, N): (DURATION, _shortened),
    ("/", DURATION, DURATION): (N, _ratio),
    ("+", TIME, DURATION): (TIME, operator.add),
    ("+", DURATION, TIME): (TIME, operator.add),
    ("-", TIME, DURATION): (TIME, operator.sub),
    ("-", TIME, TIME): (DURATION, operator.sub),
    ("+", DATE, DURATION): (DATE, lambda left, right: _days(left, right, 1)),
    ("-", DATE, DURATION): (DATE, lambda left, right: _days(left, right, -1)),
    ("-", DATE, DATE): (DURATION, operator.sub),
}
_MONEY: dict[tuple[str, Shape, Shape], tuple[FactType, Callable[[Any, Any, Rates | None], Any]]] = {
    ("+", MONEY, MONEY): (MONEY, added),
    ("-", MONEY, MONEY): (MONEY, lambda left, right, rates: added(left, _scaled(right, Decimal(-1), rates), rates)),
    ("*", MONEY, N): (MONEY, _scaled),
    ("*", N, MONEY): (MONEY, lambda left, right, rates: _scaled(right, left, rates)),
    ("/", MONEY, N): (MONEY, lambda left, right, rates: left._replace(number=left.number / right)),
    ("/", MONEY, MONEY): (N, lambda left, right, rates: operator.truediv(*together(left, right, rates))),
}

__all__ = ["Slots", "added", "arithmetic", "comparison", "membership", "negative", "together", "worth"]

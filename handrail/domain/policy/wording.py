"""A rule's words with its facts filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from handrail.domain.policy.comparing import compare
from handrail.domain.policy.policies import AllOf, AnyOf, Comparison, Condition, Operator, Rule, value_of
from handrail.domain.policy.shapes import found_in

PLACEHOLDER = re.compile(r"(\$?)\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
_SHOWN = 200
_WORDS: dict[Operator, str] = {
    Operator.EQUALS: "equals",
    Operator.NOT_EQUALS: "differs from",
    Operator.GREATER_THAN: "is above",
    Operator.GREATER_OR_EQUAL: "is at least",
    Operator.LESS_THAN: "is below",
    Operator.LESS_OR_EQUAL: "is at most",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.CONTAINS: "contains",
    Operator.REQUIRES_APPROVAL: "is at least",
}


def fill(message: str, facts: Mapping[str, Any]) -> str:
    """`message` with each `${{field}}` (or `{{field}}`) replaced by the fact's value, `?` where there is none.

    The dollar sign belongs to the placeholder, but stays before a field whose name says that it is in dollars (`…_usd`):
    'Refund of ${{refund_amount_usd}}' reads 'Refund of $180'. Where the message itself goes on with 'USD' it does not.
    """

    def value(match: re.Match[str]) -> str:
        dollars = match[2].endswith("_usd") and not message[match.end() :].lstrip().startswith("USD")
        sign = match[1] if dollars else ""
        return sign + shown(found_in(facts, match[2]))

    return PLACEHOLDER.sub(value, message)


def shown(value: Any) -> str:
    """A fact for people: 180, 99.50, yes, no, 'name Eva, age 1; name Jo, age 30'; one line of at most 200 characters."""
    if value is None:
        return "?"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())[:_SHOWN] or "none"
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return "; ".join(shown(one) for one in value)[:_SHOWN]
    try:
        exact = value_of(value)
    except ValueError:
        return str(value)[:_SHOWN]
    match exact:
        case list():
            return ", ".join(shown(one) for one in exact)[:_SHOWN] or "none"
        case bool():
            return "yes" if exact else "no"
        case str():
            return " ".join(exact.split())[:_SHOWN]
        case _ if exact == exact.to_integral_value():
            return format(exact.to_integral_value(), "f")
        case _:
            places = -int(exact.normalize().as_tuple().exponent)
            return f"{exact:.{max(2, places)}f}"


def because(rule: Rule, facts: Mapping[str, Any], *, held: bool) -> str:
    """Explain why the rule held or not, with the values that it saw: 'refund_amount_usd (180) is above 100: yes'."""
    parts = [_condition(rule.condition, facts)] if rule.condition else []
    if rule.expression:
        expression = " ".join(rule.expression.split())
        parts.append(expression if rule.condition else f"{expression}: {'yes' if held else 'no'}")
    return " and ".join(parts)


def _condition(condition: Condition, facts: Mapping[str, Any]) -> str:
    match condition:
        case Comparison(field=field, value=value):
            held = compare(condition, facts)
            answer = "not known" if held is None else "yes" if held else "no"
            return f"{field} ({shown(facts.get(field))}) {_WORDS[condition.operator]} {shown(value)}: {answer}"
        case AllOf(all=parts):
            return " and ".join(_condition(one, facts) for one in parts)
        case AnyOf(any=parts):
            return f"({' or '.join(_condition(one, facts) for one in parts)})"

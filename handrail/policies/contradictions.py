"""Contradictions that rules show without facts: one can never hold, or never matters because a stricter one always does.

Only conjunctions of comparisons with fixed values are looked into; of everything else nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from handrail.domain.policy.comparing import compare
from handrail.domain.policy.policies import AllOf, AnyOf, Comparison, Condition, Operator, Plain, Rule
from handrail.policies.language.expressions import CelExpression

_OPPOSITE = {
    Operator.EQUALS: Operator.NOT_EQUALS,
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.GREATER_THAN: Operator.LESS_OR_EQUAL,
    Operator.GREATER_OR_EQUAL: Operator.LESS_THAN,
    Operator.REQUIRES_APPROVAL: Operator.LESS_THAN,
    Operator.LESS_THAN: Operator.GREATER_OR_EQUAL,
    Operator.LESS_OR_EQUAL: Operator.GREATER_THAN,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
}


def conjuncts(condition: Condition) -> tuple[list[Comparison], bool]:
    """Comparisons that hold wherever the condition does, and whether they are all that it says."""
    match condition:
        case Comparison():
            return [condition], True
        case AllOf(all=parts):
            inner = [conjuncts(part) for part in parts]
            return [one for found, _ in inner for one in found], all(exact for _, exact in inner)
        case AnyOf(any=[only]):
            return conjuncts(only)
        case AnyOf():
            return [], False


def said(rule: Rule, expressions: Mapping[str, CelExpression]) -> tuple[list[Comparison], bool]:
    """`conjuncts` of a rule's condition and expression together."""
    found, exact = conjuncts(rule.condition) if rule.condition else ([], True)
    if rule.expression:
        expression = expressions[rule.expression]
        found, exact = [*found, *expression.conditions], exact and expression.exact
    return found, exact


def impossible(together: Sequence[Comparison]) -> str | None:
    """The first field that no value could have so that all comparisons of it hold."""
    by_field: dict[str, list[Comparison]] = {}
    for one in together:
        by_field.setdefault(one.field, []).append(one)
    return next((field for field, found in by_field.items() if len(found) > 1 and not _satisfiable(found)), None)


def outdone(rule: Rule, others: Sequence[Rule], expressions: Mapping[str, CelExpression]) -> Rule | None:
    """A stricter rule that holds wherever `rule` does, so that `rule` never decides anything."""
    given, _ = said(rule, expressions)
    for other in others:
        wanted, exact = said(other, expressions)
        if other.action.rank > rule.action.rank and exact and wanted and all(_follows(given, one) for one in wanted):
            return other
    return None


def _follows(given: Sequence[Comparison], wanted: Comparison) -> bool:
    same = [one for one in given if one.field == wanted.field]
    if wanted in same:
        return True
    opposite = _OPPOSITE.get(wanted.operator)
    if opposite is None or not same:
        return False
    return not _satisfiable([*same, wanted.model_copy(update={"operator": opposite})])


def _satisfiable(together: Sequence[Comparison]) -> bool:
    """Return whether a value satisfies all comparisons of one field: tried on every value that they name and between them."""
    field = together[0].field
    named: list[Plain] = []
    for one in together:
        named += one.value if isinstance(one.value, list) else [one.value]
    tries: list[Plain] = [True, False] if isinstance(named[0], bool) else list(named)
    numbers = sorted({value for value in named if isinstance(value, Decimal)})
    texts = [value for value in named if isinstance(value, str)]
    if numbers:
        tries += [(low + high) / 2 for low, high in pairwise(numbers)] + [numbers[0] - 1, numbers[-1] + 1]
    if texts:
        wanted = [str(one.value) for one in together if one.operator is Operator.CONTAINS]
        tries.append("\0".join([*wanted, "", ""]))
    return any(all(compare(one, {field: value}) for one in together) for value in tries)

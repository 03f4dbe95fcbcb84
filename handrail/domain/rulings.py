"""How policies rule over a proposal's facts: pure, exact, and closed wherever something cannot be told."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from handrail.domain.errors import InvalidInput
from handrail.domain.model import Stored
from handrail.domain.policies import AllOf, AnyOf, Comparison, Condition, Operator, Plain, Policy, Rule, comparisons, plain
from handrail.domain.proposals import RuleHit, Ruling

DEFAULT_RULE = "default_action"
UNCOVERED_RULE = "uncovered"
PLACEHOLDER = re.compile(r"(\$?)\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_SHOWN = 200

_ORDER: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.GREATER_THAN: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.REQUIRES_APPROVAL: operator.ge,
    Operator.LESS_THAN: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
}


class Expression(Protocol):
    """A compiled expression and the facts that it names."""

    @property
    def fields(self) -> frozenset[str]: ...

    def holds(self, facts: Mapping[str, Plain]) -> bool:
        """Raises: InvalidInput: it cannot be told."""
        ...


class State(StrEnum):
    """What came of one rule. Only `does_not_apply` and `does_not_hold` let the proposal pass it."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does_not_hold"
    DOES_NOT_APPLY = "does_not_apply"
    FAILED = "failed"


class Finding(Stored):
    """One rule over one proposal: the facts it looked at, whether it held, and the hit that came of it."""

    policy: str
    rule: str
    action: Ruling
    state: State
    values: dict[str, Any] = Field(default_factory=dict)
    why: str = ""
    hit: RuleHit | None = None


def fields_of(rule: Rule, expressions: Mapping[str, Expression]) -> list[str]:
    """The facts that a rule's condition and expression name, each once."""
    named = [one.field for one in comparisons(rule.condition)] if rule.condition else []
    if rule.expression:
        named += sorted(expressions[rule.expression].fields)
    return list(dict.fromkeys(named))


def examine(
    policies: Iterable[Policy], action: str, facts: Mapping[str, Any], expressions: Mapping[str, Expression]
) -> list[Finding]:
    """Every rule of every policy over the proposal `action` with its `facts`; `expressions` by their source text."""
    return [finding for policy in policies for finding in _examine(policy, action, facts, expressions)]


def hits_of(findings: Iterable[Finding]) -> list[RuleHit]:
    """What matched, the strictest first."""
    return sorted((one.hit for one in findings if one.hit), key=lambda hit: -hit.ruling.rank)


def closed(action: str, findings: list[Finding]) -> list[Finding]:
    """The findings on the effect `action`; a person's approval with them where not one policy applied to it."""
    if any(one.state is not State.DOES_NOT_APPLY for one in findings):
        return findings
    ruling = Ruling.REQUIRE_APPROVAL
    words = f"No policy in force rules on {action}, so a person decides. To have it ruled, name it in a policy's applies_to."
    hit = RuleHit(policy="handrail", rule=UNCOVERED_RULE, ruling=ruling, message=words)
    why = "no policy applies"
    return [*findings, Finding(policy=hit.policy, rule=hit.rule, action=ruling, state=State.HOLDS, why=why, hit=hit)]


def strictest(hits: Iterable[RuleHit]) -> Ruling:
    """The strictest ruling; allow where nothing matched, so an effect's findings go through `closed` first."""
    return max((hit.ruling for hit in hits), key=lambda ruling: ruling.rank, default=Ruling.ALLOW)


def compare(one: Comparison, facts: Mapping[str, Any]) -> bool | None:
    """Whether the comparison holds; None where the proposal does not have the fact.

    Raises:
        InvalidInput: the fact is not available or of another type than the value.
    """
    if one.field not in facts:
        return None
    fact = _fact(one.field, facts[one.field])
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


def _examine(policy: Policy, action: str, facts: Mapping[str, Any], expressions: Mapping[str, Expression]) -> list[Finding]:
    named = policy.applies_to is not None
    if policy.applies_to is not None and action not in policy.applies_to:
        why = f"the policy is for {', '.join(policy.applies_to)}"
        return [
            Finding(policy=policy.id, rule=rule.id, action=rule.action, state=State.DOES_NOT_APPLY, why=why)
            for rule in policy.rules.rules
        ]
    findings = [_finding(policy, rule, facts, expressions) for rule in policy.rules.rules]
    applies = named or any(one.state is not State.DOES_NOT_APPLY for one in findings)
    if applies and not any(one.hit for one in findings):
        findings.append(_default(policy))
    return findings


def _finding(policy: Policy, rule: Rule, facts: Mapping[str, Any], expressions: Mapping[str, Expression]) -> Finding:
    fields = fields_of(rule, expressions)
    found = Finding(
        policy=policy.id,
        rule=rule.id,
        action=rule.action,
        state=State.FAILED,
        values={field: facts[field] for field in fields if field in facts},
    )
    missing = [field for field in fields if field not in facts]
    try:
        if missing and policy.applies_to is not None:
            raise InvalidInput(f"{', '.join(missing)} is missing, and the policy is for this tool by name")
        held = _holds(rule, facts, expressions)
    except InvalidInput as error:
        words = f"Rule {rule.id} of {policy.id} could not be worked out: {error}. A person must look at it."
        hit = _hit(policy, rule, Ruling.BLOCK, words)
        return found.model_copy(update={"why": str(error), "hit": hit})
    if held is None:
        why = f"the proposal has no {', '.join(missing)}"
        return found.model_copy(update={"state": State.DOES_NOT_APPLY, "why": why})
    if not held:
        return found.model_copy(update={"state": State.DOES_NOT_HOLD})
    hit = _hit(policy, rule, rule.action, fill(rule.message, facts))
    return found.model_copy(update={"state": State.HOLDS, "hit": hit})


def _hit(policy: Policy, rule: Rule, ruling: Ruling, message: str) -> RuleHit:
    return RuleHit(
        policy=policy.id,
        rule=rule.id,
        ruling=ruling,
        message=message,
        role=rule.role,
        quorum=rule.quorum,
        ttl_minutes=rule.ttl_minutes,
        verified_identity=rule.verified_identity,
    )


def _default(policy: Policy) -> Finding:
    action = policy.rules.default_action
    hit = None
    if action is not Ruling.ALLOW:
        words = f"No rule of {policy.name or policy.id} matches; its default is {action}."
        hit = RuleHit(policy=policy.id, rule=DEFAULT_RULE, ruling=action, message=words)
    return Finding(policy=policy.id, rule=DEFAULT_RULE, action=action, state=State.HOLDS, why="no rule matched", hit=hit)


def _holds(rule: Rule, facts: Mapping[str, Any], expressions: Mapping[str, Expression]) -> bool | None:
    parts: list[bool | None] = []
    if rule.condition:
        parts.append(_condition(rule.condition, facts))
    if rule.expression:
        expression = expressions[rule.expression]
        given = {field: _fact(field, facts[field]) for field in sorted(expression.fields) if field in facts}
        parts.append(expression.holds(given) if len(given) == len(expression.fields) else None)
    return _all(parts)


def _condition(condition: Condition, facts: Mapping[str, Any]) -> bool | None:
    """Every part is worked out, also where one settles the matter: a fact that cannot be used must not hide behind it."""
    match condition:
        case Comparison():
            return compare(condition, facts)
        case AllOf(all=parts):
            return _all([_condition(part, facts) for part in parts])
        case AnyOf(any=parts):
            found = [_condition(part, facts) for part in parts]
            return True if True in found else None if set(found) == {None} else False


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _fact(field: str, value: Any) -> Plain:
    if value is None:
        raise InvalidInput(f"{field} is not available")
    try:
        return plain(value)
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}") from error


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


def fill(message: str, facts: Mapping[str, Any]) -> str:
    """`message` with each `${{field}}` (or `{{field}}`) replaced by the fact's value, `?` where there is none.

    The dollar sign belongs to the placeholder, but stays before a field whose name says that it is in dollars (`…_usd`):
    'Refund of ${{refund_amount_usd}}' reads 'Refund of $180'. Where the message itself goes on with 'USD' it does not.
    """

    def value(match: re.Match[str]) -> str:
        dollars = match[2].endswith("_usd") and not message[match.end() :].lstrip().startswith("USD")
        sign = match[1] if dollars else ""
        return sign + shown(facts.get(match[2]))

    return PLACEHOLDER.sub(value, message)


def shown(value: Any) -> str:
    """A fact for people: 180, 99.50, yes, no; a text in one line of at most 200 characters."""
    if value is None:
        return "?"
    try:
        exact = plain(value)
    except ValueError:
        return str(value)[:_SHOWN]
    match exact:
        case bool():
            return "yes" if exact else "no"
        case str():
            return " ".join(exact.split())[:_SHOWN]
        case _ if exact == exact.to_integral_value():
            return format(exact.to_integral_value(), "f")
        case _:
            places = -int(exact.normalize().as_tuple().exponent)
            return f"{exact:.{max(2, places)}f}"

"""Rulings of policies over a proposal's facts: pure, exact, and closed wherever something cannot be told.

A rule that cannot be worked out (a fact that is missing, not available or of the wrong type, an expression that fails) blocks,
whatever its own action is: a person looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from handrail.domain.actions.proposals import SEND_REPLY, RuleHit, Ruling
from handrail.domain.base import Stored
from handrail.domain.errors import InvalidInput
from handrail.domain.policy.comparing import compare, readable
from handrail.domain.policy.demanding import ASKS, Demanding, WhoIsAsked
from handrail.domain.policy.facts import about_the_proposal
from handrail.domain.policy.policies import AllOf, AnyOf, Comparison, Condition, Policy, Rule, comparisons
from handrail.domain.policy.wording import because, fill

DEFAULT_RULE = "default_action"
UNCOVERED_RULE = "uncovered"


class Expression(Protocol):
    """A compiled expression, the facts that it needs, and those that it asks for with `has(...)` before it uses them."""

    @property
    def fields(self) -> frozenset[str]: ...

    @property
    def optional(self) -> frozenset[str]: ...

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Raises: InvalidInput: it cannot be told."""
        ...


class RuleState(StrEnum):
    """The result of one rule. Only `does_not_apply` and `does_not_hold` let the proposal pass it."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does_not_hold"
    DOES_NOT_APPLY = "does_not_apply"
    FAILED = "failed"


class RuleFinding(Stored):
    """One rule over one proposal: the facts it looked at, whether it held, and the hit that came of it.

    `covers`: the policy is about this action, by name or by a fact of its own; one that looks at the case alone is not.
    """

    policy: str
    rule: str
    action: Ruling
    state: RuleState
    values: dict[str, Any] = Field(default_factory=dict)
    why: str = ""
    hit: RuleHit | None = None
    covers: bool = False


def fields_of(rule: Rule, expressions: Mapping[str, Expression]) -> list[str]:
    """The facts that a rule's condition and expression need, each once."""
    named = [one.field for one in comparisons(rule.condition)] if rule.condition else []
    if rule.expression:
        named += sorted(expressions[rule.expression].fields)
    return list(dict.fromkeys(named))


def optional_of(rule: Rule, expressions: Mapping[str, Expression]) -> list[str]:
    """The facts that a rule's expression asks for before it uses them."""
    return sorted(expressions[rule.expression].optional) if rule.expression else []


def examine(
    policies: Iterable[Policy], action: str, facts: Mapping[str, Any], expressions: Mapping[str, Expression]
) -> list[RuleFinding]:
    """Every rule of every policy over the proposal `action` with its `facts`; `expressions` by their source text."""
    return [finding for policy in policies for finding in _examine(policy, action, facts, expressions)]


def hits_of(findings: Iterable[RuleFinding]) -> list[RuleHit]:
    """List the hits, the strictest first."""
    return sorted((one.hit for one in findings if one.hit), key=lambda hit: -hit.ruling.rank)


def closed(action: str, findings: list[RuleFinding]) -> list[RuleFinding]:
    """The findings on the effect `action`; a person's approval with them where not one policy is about it."""
    if any(one.covers for one in findings):
        return findings
    ruling = Ruling.REQUIRE_APPROVAL
    words = f"No policy in force rules on {action}, so a person decides. To have it ruled, name it in a policy's applies_to."
    hit = RuleHit(policy="handrail", rule=UNCOVERED_RULE, ruling=ruling, message=words)
    why = "no policy applies"
    return [*findings, RuleFinding(policy=hit.policy, rule=hit.rule, action=ruling, state=RuleState.HOLDS, why=why, hit=hit)]


def strictest(hits: Iterable[RuleHit]) -> Ruling:
    """The strictest ruling; allow where nothing matched, so an effect's findings go through `closed` first."""
    return Ruling.strictest(hit.ruling for hit in hits)


def asked_by(hits: Iterable[RuleHit]) -> list[WhoIsAsked]:
    """List who is asked before a proposal with these hits: the customer first, then people; nobody where it is blocked."""
    found = list(hits)
    ruling = strictest(found)
    if ruling not in ASKS:
        return []
    people = [WhoIsAsked.PERSON] if ruling is Ruling.REQUIRE_APPROVAL else []
    return [*([WhoIsAsked.CUSTOMER] if any(hit.confirm for hit in found) else []), *people]


def may_rule_on(policy: Policy, action: str) -> bool:
    """Return whether the policy is for the action: named in `applies_to`, or any effect. A reply is ruled on by name only."""
    return action in policy.applies_to if policy.applies_to is not None else action != SEND_REPLY


def _examine(
    policy: Policy, action: str, facts: Mapping[str, Any], expressions: Mapping[str, Expression]
) -> list[RuleFinding]:
    if not may_rule_on(policy, action):
        why = f"the policy is for {', '.join(policy.applies_to or ['effects'])}"
        return [
            RuleFinding(policy=policy.id, rule=rule.id, action=rule.action, state=RuleState.DOES_NOT_APPLY, why=why)
            for rule in policy.rules.rules
        ]
    findings = [_finding(policy, rule, facts, expressions) for rule in policy.rules.rules]
    applies = policy.applies_to is not None or any(one.state is not RuleState.DOES_NOT_APPLY for one in findings)
    if applies and not any(one.hit for one in findings):
        findings.append(_default(policy))
    return findings


def _finding(policy: Policy, rule: Rule, facts: Mapping[str, Any], expressions: Mapping[str, Expression]) -> RuleFinding:
    needed = fields_of(rule, expressions)
    named = [*needed, *optional_of(rule, expressions)]
    missing = [field for field in needed if field not in facts]
    found = RuleFinding(
        policy=policy.id,
        rule=rule.id,
        action=rule.action,
        state=RuleState.FAILED,
        values={field: facts[field] for field in named if field in facts},
        covers=policy.applies_to is not None or any(about_the_proposal(field) for field in needed),
    )
    foreign = policy.applies_to is None and any(about_the_proposal(field) for field in missing)
    try:
        if missing and not foreign:
            raise InvalidInput(f"{', '.join(missing)} is missing")
        held = _holds(rule, facts, expressions)
    except InvalidInput as error:
        words = f"Rule {rule.id} of {policy.id} could not be worked out: {error}. A person must look at it."
        return found.model_copy(update={"why": str(error), "hit": _hit(policy, rule, Ruling.BLOCK, words)})
    if held is None:
        why = f"the proposal has no {', '.join(missing)}"
        return found.model_copy(update={"state": RuleState.DOES_NOT_APPLY, "why": why, "covers": False})
    why = because(rule, facts, held=held)
    if not held:
        return found.model_copy(update={"state": RuleState.DOES_NOT_HOLD, "why": why})
    hit = _hit(policy, rule, rule.action, fill(rule.message, facts))
    return found.model_copy(update={"state": RuleState.HOLDS, "why": why, "hit": hit})


def _hit(policy: Policy, rule: Rule, ruling: Ruling, message: str) -> RuleHit:
    return _demanding(policy, rule.id, rule, ruling, message)


def _demanding(policy: Policy, rule: str, demands: Demanding, ruling: Ruling, message: str) -> RuleHit:
    return RuleHit(
        policy=policy.id,
        rule=rule,
        ruling=ruling,
        message=message,
        role=demands.role,
        quorum=demands.quorum,
        ttl_minutes=demands.ttl_minutes,
        verified_identity=demands.verified_identity,
        confirm=demands.of_customer(ruling) if ruling in ASKS else None,
        confirm_minutes=demands.confirm_minutes,
    )


def _default(policy: Policy) -> RuleFinding:
    action = policy.rules.default_action
    hit = None
    if action is not Ruling.ALLOW:
        words = f"No rule of {policy.name or policy.id} matches; its default is {action}."
        hit = _demanding(policy, DEFAULT_RULE, policy.rules.default, action, words)
    return RuleFinding(
        policy=policy.id,
        rule=DEFAULT_RULE,
        action=action,
        state=RuleState.HOLDS,
        why="no rule matched",
        hit=hit,
        covers=policy.applies_to is not None,
    )


def _holds(rule: Rule, facts: Mapping[str, Any], expressions: Mapping[str, Expression]) -> bool | None:
    parts: list[bool | None] = []
    if rule.condition:
        parts.append(_condition(rule.condition, facts))
    if rule.expression:
        parts.append(_expression(expressions[rule.expression], facts))
    return _all(parts)


def _expression(expression: Expression, facts: Mapping[str, Any]) -> bool | None:
    given = {field: readable(field, facts[field]) for field in sorted(expression.fields) if field in facts}
    if len(given) < len(expression.fields):
        return None
    asked = [field for field in sorted(expression.optional) if facts.get(field) is not None]
    return expression.holds(given | {field: readable(field, facts[field]) for field in asked})


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

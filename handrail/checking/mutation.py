"""Tests of the tests: each rule and row taken away once, to see whether an example notices."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checking.definitions import MATRIX
from handrail.checking.findings import CheckPart, Collector
from handrail.checking.subject import PackageUnderCheck
from handrail.domain.actions.proposals import Ruling, demands
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.policies import Policy, Rule
from handrail.domain.policy.rulings import DEFAULT_RULE, RuleState, asked_by, hits_of
from handrail.matrix.examples import trial
from handrail.policies.contradictions import outdone
from handrail.policies.language.expressions import CelExpression
from handrail.policies.names import PolicyNames
from handrail.policies.sets import PolicySet, document
from handrail.policies.trials import ExampleTrial, tried


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Take away each rule of each policy, turn each default round, take away each row of the matrix."""
    noticed = total = 0
    if subject.policies is not None and subject.known is not None:
        for policy in subject.policies.policies:
            if policy.examples:
                seen, of = _policy(subject.policies, policy, subject.known, found)
                noticed, total = noticed + seen, total + of
    if subject.matrix is not None:
        seen, of = _matrix(subject, found)
        noticed, total = noticed + seen, total + of
    found.looked_at(CheckPart.MUTATION, f"{noticed} of {many(total, 'change')} noticed by an example")


def _policy(policies: PolicySet, policy: Policy, known: PolicyNames, found: Collector) -> tuple[int, int]:
    place = policies.places[policy.id]
    as_it_is = tried(policy, policies.expressions, known)
    noticed = 0
    for index, rule in enumerate(policy.rules.rules):
        without = _with(policy, rules=[one for one in policy.rules.rules if one is not rule])
        now = tried(without, policies.expressions, known)
        if not all(one.passed for one in now):
            noticed += 1
            continue
        words, note = _unnoticed(policies, policy, rule, as_it_is, now)
        found.placed(CheckPart.MUTATION, place.problem(words, "rules", "rules", index, "id"), place.path, note=note)
    return noticed + _default(policies, policy, known, found), len(policy.rules.rules) + 1


def _unnoticed(
    policies: PolicySet, policy: Policy, rule: Rule, as_it_is: list[ExampleTrial], now: list[ExampleTrial]
) -> tuple[str, bool]:
    """Words for a rule that no example misses, and whether that is a note only."""
    without = f"without rule {rule.id} every example still passes"
    if idle := _idle(policy, rule, policies.expressions):
        return f"{without}: {idle}. Remove the rule, or make it decide something.", True
    reached = [one for one in as_it_is if any(f.rule == rule.id and f.state is RuleState.HOLDS for f in one.findings)]
    changed = [a.example.name for a, b in zip(as_it_is, now, strict=True) if _demanded(a) != _demanded(b)]
    if changed:
        words = (
            f"{without}, though {changed[0]!r} would ask for another approval. Add one in which no other rule asks for one."
        )
        return words, True
    if reached:
        words = f"{without}: where it holds, another rule says the same. Add one in which it alone says {rule.action}."
        return words, False
    return f"{without}: none reaches it. Add one in which it holds, with expect: {rule.action}.", False


def _demanded(one: ExampleTrial) -> object:
    hits = hits_of(one.findings)
    return demands(hits), asked_by(hits)


def _idle(policy: Policy, rule: Rule, expressions: Mapping[str, CelExpression]) -> str:
    other = outdone(rule, policy.rules.rules, expressions)
    if other:
        return f"rule {other.id} holds wherever it does and is stricter"
    if rule.action is Ruling.ALLOW and policy.rules.default_action is Ruling.ALLOW:
        return "the file's default allows, too"
    return ""


def _default(policies: PolicySet, policy: Policy, known: PolicyNames, found: Collector) -> int:
    """Turn the default round; return 1 where an example notices. Rules may leave nothing to it, so it is a note."""
    default = policy.rules.default_action
    other = Ruling.BLOCK if default is Ruling.ALLOW else Ruling.ALLOW
    changed = _with(policy, default_action=other)
    if not all(one.passed for one in tried(changed, policies.expressions, known)):
        return 1
    place = policies.places[policy.id]
    words = (
        f"with the default {other} instead of {default} every example still passes: in none does no rule hold. "
        f"Add one with expect: {default}, if rules leave anything to the {DEFAULT_RULE}."
    )
    found.placed(CheckPart.MUTATION, place.problem(words, "rules", DEFAULT_RULE), place.path, note=True)
    return 0


def _with(policy: Policy, **changes: object) -> Policy:
    return policy.model_copy(update={"rules": policy.rules.model_copy(update=changes)})


def _matrix(subject: PackageUnderCheck, found: Collector) -> tuple[int, int]:
    assert subject.matrix is not None  # noqa: S101 - the caller looked
    path = subject.folder / MATRIX
    rows = [row.id for row in subject.matrix.table.rows]
    try:
        done = trial(subject.matrix, str(path))
    except DefinitionInvalid as error:
        found.placed(CheckPart.MATRIX, str(error), path)
        return 0, len(rows)
    read = document(path)
    for index, one in enumerate(done.tried):
        if not one.passed:
            words = f"example wants row {one.wanted}, but row {one.taken} takes it. Correct the rows or the example."
            found.placed(CheckPart.MATRIX, read.problem(words, "examples", index, "row"), path)
    for name in done.unproven:
        words = f"without row {name} every example still passes: none reaches it. Add one with row: {name}."
        found.placed(CheckPart.MUTATION, read.problem(words, "rows", rows.index(name), "id"), path)
    return len(rows) - len(done.unproven), len(rows)

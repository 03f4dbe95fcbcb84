"""The examples that a policy file brings, ruled on by the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.policy.policies import Policy, PolicyExample, flat
from handrail.domain.policy.rulings import DEFAULT_RULE, Expression, RuleFinding, RuleState, examine, hits_of, strictest
from handrail.domain.policy.shapes import objects
from handrail.policies.names import PolicyNames


@dataclass(frozen=True, slots=True)
class ExampleTrial:
    """The file's ruling on one example."""

    example: PolicyExample
    ruling: Ruling
    findings: tuple[RuleFinding, ...]

    @property
    def passed(self) -> bool:
        """True if the file rules as the example expects."""
        return self.ruling is self.example.expect

    @property
    def because(self) -> str:
        """Every rule with what came of it."""
        return "; ".join(f"{one.rule}: {one.why or one.state}" for one in self.findings) or "no rule applies"


def tried(policy: Policy, expressions: Mapping[str, Expression], known: PolicyNames) -> list[ExampleTrial]:
    """Every example of the file, in order."""
    trials = []
    for example in policy.examples:
        action, facts = proposed(example, policy, known)
        findings = examine([policy], action, facts, expressions)
        trials.append(ExampleTrial(example, strictest(hits_of(findings)), tuple(findings)))
    return trials


def proposed(example: PolicyExample, policy: Policy, known: PolicyNames) -> tuple[str, dict[str, Any]]:
    """The action of an example and all its facts. What it leaves out is missing, but history is 0."""
    action = example.tool or (policy.applies_to or [""])[0]
    itself = {"proposal.action": action, "proposal.kind": ProposalKind.EFFECT.value, "proposal.revision": 1}
    facts = flat(example.facts, objects(known.named_by(policy.applies_to)))
    return action, {**dict.fromkeys(known.history, 0), **itself, **facts}


def untried(policy: Policy, trials: list[ExampleTrial]) -> list[str]:
    """The rules, and the default, that no example reaches."""
    reached = {one.rule for trial in trials for one in trial.findings if one.state is RuleState.HOLDS}
    return [name for name in [*(rule.id for rule in policy.rules.rules), DEFAULT_RULE] if name not in reached]

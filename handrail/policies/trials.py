"""The examples that a policy file brings, ruled on by the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.policy.demanding import WhoIsAsked, in_turn
from handrail.domain.policy.policies import Policy, PolicyExample, flat
from handrail.domain.policy.rulings import (
    DEFAULT_RULE,
    Expression,
    RuleFinding,
    RuleState,
    asked_by,
    examine,
    fields_of,
    hits_of,
    optional_of,
    strictest,
)
from handrail.domain.policy.shapes import Shape, objects
from handrail.domain.policy.wording import PLACEHOLDER
from handrail.policies.names import PolicyNames

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ExampleTrial:
    """The file's ruling on one example."""

    example: PolicyExample
    ruling: Ruling
    findings: tuple[RuleFinding, ...]

    @property
    def passed(self) -> bool:
        """True if the file rules as the example expects, and asks whom it names."""
        return self.ruling is self.example.expect and self.example.asked in (None, self.asked)

    @property
    def asked(self) -> list[WhoIsAsked]:
        """The order in which the customer and people are asked."""
        return asked_by(hits_of(self.findings))

    @property
    def because(self) -> str:
        """Every rule with what came of it, and who is asked where the example says so."""
        rules = "; ".join(f"{one.rule}: {one.why or one.state}" for one in self.findings) or "no rule applies"
        return rules if self.example.asked is None else f"{rules}; asked: {in_turn(self.asked)}"


def tried(policy: Policy, expressions: Mapping[str, Expression], known: PolicyNames) -> list[ExampleTrial]:
    """Every example of the file, in order."""
    trials = []
    for example in policy.examples:
        action, facts = proposed(example, policy, known)
        findings = examine([policy], action, facts, expressions)
        trials.append(ExampleTrial(example, strictest(hits_of(findings)), tuple(findings)))
    return trials


def proposed(example: PolicyExample, policy: Policy, known: PolicyNames) -> tuple[str, dict[str, Any]]:
    """The action of an example and all its facts, those that the file gives beneath its own.

    What both leave out is missing, but history is 0.
    """
    action = example.tool or (policy.applies_to or [""])[0]
    itself = {"proposal.action": action, "proposal.kind": ProposalKind.EFFECT.value, "proposal.revision": 1}
    whole = objects(known.named_by(policy.applies_to))
    facts = flat(policy.given, whole) | flat(example.facts, whole)
    return action, {**dict.fromkeys(known.history, 0), **itself, **facts}


def untried(policy: Policy, trials: list[ExampleTrial]) -> list[str]:
    """The rules, and the default, that no example reaches."""
    reached = {one.rule for trial in trials for one in trial.findings if one.state is RuleState.HOLDS}
    return [name for name in [*(rule.id for rule in policy.rules.rules), DEFAULT_RULE] if name not in reached]


def unused(policy: Policy, shapes: Mapping[str, Shape], expressions: Mapping[str, Expression]) -> Iterator[tuple[str, Place]]:
    """Yield words and place of each given fact that no example takes, or that no rule of the file looks at."""
    whole = objects(shapes)
    own = [flat(example.facts, whole) for example in policy.examples]
    read = _read(policy, expressions)
    for name in flat(policy.given, whole):
        place = ("given", *steps(policy.given, name))
        if not own:
            yield f"given: {name} is never used, as the file has no examples. Add some, or remove it.", place
        elif all(name in facts for facts in own):
            yield f"given: {name} is never used, as every example has its own. Remove it here, or there.", place
        elif not any(one == name or one.startswith(f"{name}.") for one in read):
            yield f"given: {name} is never used: no rule of this file looks at it. Remove it.", place


def steps(facts: Mapping[str, Any], field: str) -> Place:
    """Return the place of a fact among `facts`: by its whole name, or nested."""
    if field in facts:
        return (field,)
    for name, inner in facts.items():
        if field.startswith(f"{name}.") and isinstance(inner, Mapping):
            return (name, *steps(inner, field[len(name) + 1 :]))
    return ()


def _read(policy: Policy, expressions: Mapping[str, Expression]) -> set[str]:
    """Return the names that the rules and their messages look at."""
    rules = policy.rules.rules
    named = {name for rule in rules for look in (fields_of, optional_of) for name in look(rule, expressions)}
    return named | {field for rule in rules for _, field in PLACEHOLDER.findall(rule.message)}

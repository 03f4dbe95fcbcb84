"""Reports on the examples of policy files, for people who write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document, files
from handrail.domain.actions.proposals import Ruling
from handrail.domain.base import Stored
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.policies import Policy
from handrail.policies.checks import same_id
from handrail.policies.contradictions import outdone
from handrail.policies.language.nodes import RuleSources
from handrail.policies.names import PolicyNames
from handrail.policies.sets import PolicySet, build, document
from handrail.policies.trials import ExampleTrial, tried, untried


class Exercised(Stored):
    """One example: what it expects, what the file rules, and why."""

    name: str
    tool: str
    expect: Ruling
    ruling: Ruling
    passed: bool
    because: str
    rules: list[str] = Field(default_factory=list, description="the rules that led to the ruling")


class PolicyReport(Stored):
    """One file: why it is refused, or its examples with the rules that none of them reaches.

    `idle` are rules that never decide anything, with the reason.
    """

    file: str
    policy: str = ""
    version: str = ""
    refused: str | None = None
    examples: list[Exercised] = Field(default_factory=list)
    untried: list[str] = Field(default_factory=list)
    idle: list[str] = Field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if the file can be used and every example rules as it says."""
        return self.refused is None and all(one.passed for one in self.examples)


def reports(path: Path, known: PolicyNames, world: RuleSources | None = None) -> list[PolicyReport]:
    """A report for each file of a folder, or for one file.

    Raises:
        DefinitionInvalid: there is none.
    """
    found: list[PolicyReport] = []
    read: list[tuple[Document, Policy]] = []
    for file in files(path):
        try:
            one = document(file)
            built = build([one], known, world, examples=False)
        except DefinitionInvalid as error:
            found.append(PolicyReport(file=str(file), refused=str(error)))
            continue
        read.append((one, built.policies[0]))
        twice = same_id(read)
        found.append(PolicyReport(file=str(file), refused=twice[0]) if twice else _report(one, built, known))
        read = read[:-1] if twice else read
    return found


def _report(file: Document, built: PolicySet, known: PolicyNames) -> PolicyReport:
    (policy,) = built.policies
    trials = tried(policy, built.expressions, known)
    return PolicyReport(
        file=str(file.path),
        policy=policy.id,
        version=file.version,
        refused=None if trials else file.problem("has no examples. Add at least one for each rule, under examples."),
        examples=[_exercised(policy, one) for one in trials],
        untried=untried(policy, trials) if trials else [],
        idle=list(_idle(policy, built)),
    )


def _idle(policy: Policy, built: PolicySet) -> Iterator[str]:
    rules = policy.rules
    for rule in rules.rules:
        other = outdone(rule, rules.rules, built.expressions)
        if other:
            yield f"{rule.id} never decides: {other.id} holds wherever it does and is stricter"
        elif rule.action is Ruling.ALLOW and rules.default_action is Ruling.ALLOW:
            yield f"{rule.id} changes nothing: the file's default allows, too, and what another rule asks for stands"


def _exercised(policy: Policy, trial: ExampleTrial) -> Exercised:
    example = trial.example
    return Exercised(
        name=example.name,
        tool=example.tool or (policy.applies_to or [""])[0],
        expect=example.expect,
        ruling=trial.ruling,
        passed=trial.passed,
        because=trial.because,
        rules=[one.rule for one in trial.findings if one.hit and one.hit.ruling is trial.ruling],
    )

"""Policies that were read together and checked, and how they rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from handrail.definitions import Document, refuse
from handrail.domain.actions.proposals import Proposal, ProposalKind, Verdict
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.comparing import readable
from handrail.domain.policy.facts import HISTORY, proposal_facts, remembered
from handrail.domain.policy.policies import Policy
from handrail.domain.policy.rulings import (
    RuleFinding,
    closed,
    examine,
    fields_of,
    hits_of,
    may_rule_on,
    optional_of,
    strictest,
)
from handrail.policies.checks import Check, same_id
from handrail.policies.clyro import equivalents
from handrail.policies.language.expressions import CelExpression
from handrail.policies.language.nodes import RuleSources
from handrail.policies.names import PolicyNames


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Policies that were checked, with their compiled expressions by source text and their files by id."""

    policies: tuple[Policy, ...]
    expressions: Mapping[str, CelExpression]
    places: Mapping[str, Document]

    def examine(self, proposal: Proposal, facts: Mapping[str, Any]) -> list[RuleFinding]:
        """Every rule over the proposal; `facts` besides the proposal's own. Hits name the version of their file."""
        found = examine(self.policies, proposal.action, {**facts, **proposal_facts(proposal)}, self.expressions)
        found = [self._stamped(one) for one in found]
        return closed(proposal.action, found) if proposal.kind is ProposalKind.EFFECT else found

    def rule(self, proposal: Proposal, facts: Mapping[str, Any], version: str) -> Verdict:
        """The strictest ruling; a rule that cannot be worked out blocks, an effect that no policy is about needs approval."""
        hits = hits_of(self.examine(proposal, facts))
        own, situation = remembered(facts)
        return Verdict(
            proposal_id=proposal.proposal_id,
            revision=proposal.revision,
            arguments_hash=proposal.arguments_hash,
            ruling=strictest(hits),
            hits=hits,
            policy_version=version,
            facts={name: _recorded(name, value) for name, value in own.items()},
            situation={name: _recorded(name, value) for name, value in situation.items()},
            watched={name: facts[name] for name in self._history(proposal.action) if facts.get(name) is not None},
        )

    def needed(self, action: str) -> list[str]:
        """The facts that rules for the action look at, each once."""
        rules = [rule for policy in self.policies if may_rule_on(policy, action) for rule in policy.rules.rules]
        named = [name for rule in rules for look in (fields_of, optional_of) for name in look(rule, self.expressions)]
        return list(dict.fromkeys(named))

    def _history(self, action: str) -> list[str]:
        return [name for name in self.needed(action) if name.startswith(HISTORY)]

    def _stamped(self, finding: RuleFinding) -> RuleFinding:
        if finding.hit is None:
            return finding
        hit = finding.hit.model_copy(update={"version": self.places[finding.policy].version})
        return finding.model_copy(update={"hit": hit})


def document(file: Path) -> Document:
    """Raises: DefinitionInvalid: it cannot be read, or is not the YAML expected."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DefinitionInvalid(f"{file}: cannot be read ({error}). Make it readable.") from error
    return Document.of(file, content)


def build(
    documents: list[Document], known: PolicyNames, world: RuleSources | None = None, *, examples: bool = True
) -> PolicySet:
    """The checked policies of `documents`, which look into `world`.

    Raises:
        DefinitionInvalid: a line for each problem of each file.
    """
    problems: list[str] = []
    found: list[tuple[Document, Policy]] = []
    expressions: dict[str, CelExpression] = {}
    for one in documents:
        try:
            check = Check(one, one.parse(Policy), known, world or RuleSources())
        except DefinitionInvalid as error:
            problems += equivalents(one) or [str(error)]
            continue
        check.run(examples=examples)
        problems += check.problems
        expressions |= check.expressions
        found.append((one, check.policy))
    refuse(problems + same_id(found))
    places = {policy.id: one for one, policy in found}
    return PolicySet(tuple(policy for _, policy in found), expressions, places)


def _recorded(name: str, value: Any) -> Any:
    """Return the value as JSON can hold it and a record can afford it: what no rule could look at becomes not available."""
    if isinstance(value, float | Decimal) and not isfinite(value):
        return str(value)
    try:
        readable(name, value)
    except InvalidInput:
        return None
    return value

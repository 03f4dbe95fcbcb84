"""The policies in force: a folder of YAML files, or a single one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from handrail.business import FactType
from handrail.definitions import Document, Live, refuse
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policies import Policy
from handrail.domain.proposals import Proposal, Verdict
from handrail.domain.rulings import Expression, Finding, examine, hits_of, strictest
from handrail.policies.checks import Check, Known, same_id


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Policies that were checked, with their compiled expressions by source text."""

    policies: tuple[Policy, ...]
    expressions: Mapping[str, Expression]


class FilePolicies:
    """Implements `handrail.ports.Policies` over files, which are read again when they change.

    `facts` and `tools` are what the business declares. A change that cannot be used leaves the last good version in force
    and `problem` says why.
    """

    def __init__(self, path: Path, *, facts: Mapping[str, FactType], tools: Collection[str]) -> None:
        """Raises: DefinitionInvalid: there is no file, or one of them cannot be used; a line for each problem."""
        known = Known(dict(facts), frozenset(tools))
        self._live = Live(path, lambda documents: build(documents, known))

    @property
    def version(self) -> str:
        """The hash of the files in force."""
        return self._live.version

    @property
    def problem(self) -> str | None:
        """Why the newest edit is not in force, or None where it is."""
        return self._live.problem

    def all(self) -> list[Policy]:
        """The policies in force, by file name."""
        return list(self._live.now().value.policies)

    def names(self) -> list[str]:
        """Ids of the policies and rules in force: internal words that no reply may hold."""
        return [name for policy in self.all() for name in (policy.id, *(rule.id for rule in policy.rules.rules))]

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        """The strictest ruling of every policy over `facts`; a rule that cannot be worked out blocks."""
        loaded = self._live.now()
        hits = hits_of(examine(loaded.value.policies, proposal.action, facts, loaded.value.expressions))
        return Verdict(
            proposal_id=proposal.proposal_id,
            revision=proposal.revision,
            arguments_hash=proposal.arguments_hash,
            ruling=strictest(hits),
            hits=hits,
            policy_version=loaded.version,
            facts={name: _recorded(value) for name, value in facts.items()},
        )

    def explain(self, proposal: Proposal, facts: dict[str, Any]) -> list[Finding]:
        """Every rule of every policy with the values that it saw and what came of it."""
        loaded = self._live.now().value
        return examine(loaded.policies, proposal.action, facts, loaded.expressions)


def build(documents: list[Document], known: Known) -> PolicySet:
    """The checked policies of `documents`.

    Raises:
        DefinitionInvalid: a line for each problem of each file.
    """
    problems: list[str] = []
    read: list[tuple[Document, Policy]] = []
    expressions: dict[str, Expression] = {}
    for document in documents:
        try:
            check = Check(document, document.parse(Policy), known)
        except DefinitionInvalid as error:
            problems.append(str(error))
            continue
        check.run()
        problems += check.problems
        expressions |= check.expressions
        read.append((document, check.policy))
    refuse(problems + same_id(read))
    return PolicySet(tuple(policy for _, policy in read), expressions)


def _recorded(value: Any) -> Any:
    """JSON has no word for NaN, and what was seen must be readable in the record."""
    if isinstance(value, float | Decimal) and not isfinite(value):
        return str(value)
    return value

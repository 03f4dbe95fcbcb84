"""The policies in force: a folder of YAML files, or a single one."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from handrail.business import Business, Kind
from handrail.definitions import Document, Live, refuse
from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.policy.policies import Policy
from handrail.domain.policy.rulings import RuleFinding
from handrail.domain.policy.shapes import Shape
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.names import PolicyNames, known, of_business
from handrail.policies.sets import PolicySet, build
from handrail.policies.worlds import beside, calendar_of, world_of

log = logging.getLogger(__name__)


class FilePolicies:
    """Implements `handrail.ports.Policies` over files, which are read again when they change.

    `tables.yaml` and `rates.yaml` beside the folder belong to it, and to its version.

    `facts` and `tools` are what the business declares; of the tools that are `effects`, the log names those that no policy
    names. A change that cannot be used leaves the last good version in force and `problem` says why. So does a policy that
    disappears: taking rules away loosens, and nobody need have meant it. It goes with the next start.
    """

    def __init__(
        self,
        path: Path,
        *,
        facts: Mapping[str, Shape],
        tools: Collection[str],
        effects: Collection[str] = (),
        arguments: Mapping[str, Mapping[str, Shape]] | None = None,
        calendar: WorkingDays | None = None,
        every: float = 0.0,
    ) -> None:
        """Raises: DefinitionInvalid: there is no file, or one of them cannot be used; a line for each problem."""
        base = known(facts, tools, effects)
        self._known = PolicyNames(base.facts, base.tools, {**base.arguments, **(arguments or {})})
        self._effects = frozenset(effects)
        self._unnamed: frozenset[str] = frozenset()
        self._bare: frozenset[str] = frozenset()
        self._places: Mapping[str, Document] = {}
        self._also, self._calendar = beside(path), calendar
        self._live = Live(path, self._build, also=self._also, every=every)

    @classmethod
    def of(cls, path: Path, business: Business, *, every: float = 0.0) -> FilePolicies:
        """The policies of a business, which may name everything that it declares.

        Raises:
            DefinitionInvalid: as above, or the business declares what cannot be.
        """
        names = of_business(business)
        effects = [tool.name for tool in business.tools if tool.kind is Kind.EFFECT]
        return cls(
            path,
            facts=names.facts,
            tools=names.tools,
            effects=effects,
            arguments=names.arguments,
            calendar=calendar_of(business),
            every=every,
        )

    @property
    def version(self) -> str:
        """The hash of the files in force."""
        return self._live.version

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem

    def all(self) -> list[Policy]:
        """The policies in force, by file name."""
        return list(self._live.now().value.policies)

    def files(self) -> dict[str, str]:
        """The version of each policy's file, by the policy's id."""
        return {name: document.version for name, document in self._live.now().value.places.items()}

    def names(self) -> list[str]:
        """Ids of the policies in force, ids and names of their rules, facts: internal words that no reply may hold."""
        rules = [rule for policy in self.all() for rule in policy.rules.rules]
        # A name in words is for people, as in `Refunds by amount`, and so is a fact that is one: customers may read them.
        named = [rule.name for rule in rules if rule.name and not any(letter.isspace() for letter in rule.name)]
        return [
            *(one.id for one in self.all()),
            *(one.id for one in rules),
            *named,
            *(one for one in self._known.facts if "_" in one),
        ]

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        """The strictest ruling of every policy over `facts`; a rule that cannot be worked out blocks.

        An effect that no policy applies to needs approval.
        """
        loaded = self._live.now()
        return loaded.value.rule(proposal, facts, loaded.version)

    def names_action(self, action: str) -> bool:
        """Return whether a policy in force names the action."""
        return any(action in (policy.applies_to or ()) for policy in self.all())

    def needed(self, action: str) -> list[str]:
        """The facts that rules for the action need, so that somebody can write them down."""
        return self._live.now().value.needed(action)

    def explain(self, proposal: Proposal, facts: dict[str, Any]) -> list[RuleFinding]:
        """Every rule of every policy with the values that it saw and what came of it."""
        return self._live.now().value.examine(proposal, facts)

    def _build(self, documents: list[Document]) -> PolicySet:
        world = world_of([one for one in documents if one.path in self._also], self._calendar)
        built = build([one for one in documents if one.path not in self._also], self._known, world)
        refuse(list(_removed(self._places, built.places)))
        self._places = built.places
        unnamed = self._effects.difference(*(policy.applies_to or () for policy in built.policies))
        for tool in sorted(unnamed - self._unnamed):
            log.warning(
                "No policy names %s in applies_to: wherever no rule finds its facts either, a person decides on it.", tool
            )
        self._unnamed = unnamed
        bare = frozenset(policy.id for policy in built.policies if not policy.examples)
        for name in sorted(bare - self._bare):
            log.warning("The policy %s has no examples, so nothing holds it up; `handrail policy test` refuses it.", name)
        self._bare = bare
        return built


def _removed(before: Mapping[str, Document], now: Mapping[str, Document]) -> Iterator[str]:
    """A problem for each policy that is no longer there."""
    by_path = {document.path: document for document in now.values()}
    for gone, document in before.items():
        if gone in now:
            continue
        stands = by_path.get(document.path)
        remedy = "Put it back; to take a policy out of force, restart the workers without it"
        if stands:
            yield stands.problem(f"id: the policy {gone!r} that stood here is gone. {remedy}.", "id")
        else:
            yield document.problem(f"the file is gone, and the policy {gone!r} with it. {remedy}.")

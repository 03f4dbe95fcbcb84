"""Two sets of policies side by side: which rules differ, and what recorded proposals would be ruled under each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from handrail.definitions import Document
from handrail.domain.actions.proposals import Demands, Proposal, Ruling, Verdict
from handrail.domain.base import Stored
from handrail.domain.policy.demanding import WhoIsAsked
from handrail.domain.policy.facts import recalled
from handrail.domain.policy.policies import Policy, Rule
from handrail.domain.policy.rulings import asked_by
from handrail.policies.sets import PolicySet

_ABOUT_FILE = ("name", "description", "category", "applies_to")


class RuleChange(Stored):
    """A difference of a rule, or of a file where `rule` is empty; `fields` by name, as before and after."""

    policy: str
    rule: str = ""
    what: str = Field(description="added, removed or changed")
    fields: dict[str, tuple[Any, Any]] = Field(default_factory=dict)


class PolicyOutcome(Stored):
    """The ruling of a set of policies, with the rules that led to it and who is asked."""

    ruling: Ruling
    rules: list[str]
    demands: Demands
    asked: list[WhoIsAsked]

    @classmethod
    def of(cls, verdict: Verdict) -> PolicyOutcome:
        """The verdict's own words."""
        hits = [hit for hit in verdict.hits if hit.ruling is verdict.ruling]
        rules, asked = [f"{hit.policy}/{hit.rule}" for hit in hits], asked_by(verdict.hits)
        return cls(ruling=verdict.ruling, rules=rules, demands=verdict.demands, asked=asked)


class RulingPair(Stored):
    """One proposal under both."""

    old: PolicyOutcome
    new: PolicyOutcome

    @property
    def direction(self) -> str:
        """`stricter`, `looser`, `otherwise` (somebody else is asked, or for another approval) or `same`."""
        if self.old.ruling is not self.new.ruling:
            return "stricter" if self.new.ruling.rank > self.old.ruling.rank else "looser"
        before, after = ((one.demands, one.asked) for one in (self.old, self.new))
        return "same" if before == after else "otherwise"


def changes(old: PolicySet, new: PolicySet) -> list[RuleChange]:
    """Every difference that is said in the files, by policy."""
    before = {policy.id: policy for policy in old.policies}
    after = {policy.id: policy for policy in new.policies}
    found: list[RuleChange] = []
    for name in dict.fromkeys([*before, *after]):
        if name not in after or name not in before:
            found.append(RuleChange(policy=name, what="removed" if name in before else "added"))
        else:
            found += _within(before[name], after[name])
    return found


def ruled_under(old: PolicySet, new: PolicySet, proposal: Proposal, verdict: Verdict, history: Iterable[str]) -> RulingPair:
    """The recorded proposal, ruled on again by both with exactly what its ruling saw."""
    facts = recalled(proposal, verdict, history)
    return RulingPair(old=PolicyOutcome.of(old.rule(proposal, facts, "")), new=PolicyOutcome.of(new.rule(proposal, facts, "")))


def laid_over(folder: list[Document], file: Document) -> list[Document]:
    """The folder with the file in place of the one with the same policy id, or beside the others."""
    name = _id(file)
    kept = [one for one in folder if _id(one) != name]
    return [*kept, file]


def _id(document: Document) -> Any:
    return document.data.get("id") if isinstance(document.data, dict) else None


def _within(old: Policy, new: Policy) -> list[RuleChange]:
    found = []
    file = _different(_file(old), _file(new))
    if file:
        found.append(RuleChange(policy=old.id, what="changed", fields=file))
    before, after = {rule.id: rule for rule in old.rules.rules}, {rule.id: rule for rule in new.rules.rules}
    for name in dict.fromkeys([*before, *after]):
        if name not in after or name not in before:
            found.append(RuleChange(policy=old.id, rule=name, what="removed" if name in before else "added"))
        elif fields := _different(_rule(before[name]), _rule(after[name])):
            found.append(RuleChange(policy=old.id, rule=name, what="changed", fields=fields))
    return found


def _file(policy: Policy) -> dict[str, Any]:
    return {
        **policy.model_dump(mode="json", include=set(_ABOUT_FILE)),
        "default_action": policy.rules.default_action.value,
        "default": policy.rules.default.model_dump(mode="json", exclude_defaults=True),
        "examples": len(policy.examples),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json")


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}

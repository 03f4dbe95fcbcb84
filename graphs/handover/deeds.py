"""The effects of a turn in words: done, not done, in doubt, or not looked for."""

from __future__ import annotations

from typing import Protocol

from handrail.domain.actions.approvals import Decision
from handrail.domain.actions.decisions import BINDING
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.cases import CaseRow, RuledProposal
from handrail.domain.case.classification import Classification
from handrail.domain.llm.agent import Exchange


class TurnKnowledge(Protocol):
    """A view of what a turn knows; both the state and the view of the last nodes have it."""

    @property
    def row(self) -> CaseRow: ...
    @property
    def classification(self) -> Classification | None: ...
    @property
    def ruled(self) -> list[RuledProposal]: ...
    @property
    def decisions(self) -> list[Decision]: ...
    @property
    def exchanges(self) -> list[Exchange]: ...
    @property
    def effects(self) -> list[EffectResult]: ...
    @property
    def begun(self) -> list[EarlierEffect]: ...


def sent(told: TurnKnowledge) -> set[str]:
    """Return the ids of effects that were made or may have been."""
    return {one.effect_id for one in told.effects} | {one.effect_id for one in told.begun}


def ruled(told: TurnKnowledge) -> dict[str, RuledProposal]:
    """Return the latest ruling of each effect, by its id."""
    return {one.proposal.proposal_id: one for one in told.ruled if one.proposal.kind is ProposalKind.EFFECT}


def undone(told: TurnKnowledge) -> list[str]:
    """List what a person approved and nobody carried out."""
    done, proposed = sent(told), ruled(told)
    return [
        f"{proposed[one.approval_id].verdict.title}: approved by {one.reviewer or 'a person'}, NOT carried out"
        for one in told.decisions
        if one.decision in BINDING and one.approval_id in proposed and one.approval_id not in done
    ]


def unread(told: TurnKnowledge) -> list[str]:
    """List what was allowed or approved, and may have been done for all that is known without the ledger."""
    done = sent(told)
    people = {one.approval_id: one.reviewer or "a person" for one in told.decisions if one.decision in BINDING}
    found = []
    for effect_id, one in ruled(told).items():
        if effect_id in done or (strict(one) and effect_id not in people):
            continue
        title = one.verdict.title or one.proposal.action
        if who := people.get(effect_id):
            found.append(f"{title}: approved by {who}; nobody has looked whether it was done (ledger {effect_id})")
        else:
            found.append(f"{title}: allowed; nobody has looked whether it was done (ledger {effect_id})")
    return found


def doubts(told: TurnKnowledge) -> list[str]:
    """List what may have been done in another system."""
    return [f"Sent, and nobody knows whether it was done: {one.in_words()}" for one in told.begun]


def undecided(told: TurnKnowledge) -> list[RuledProposal]:
    """List the effects that were held or stopped and are neither begun nor declined, each by its latest ruling."""
    done = sent(told)
    said_no = [(one.call.tool, one.call.arguments) for one in told.exchanges if "declined" in one.result]
    return [
        one
        for one in ruled(told).values()
        if strict(one)
        and one.proposal.proposal_id not in done
        and (one.proposal.action, one.proposal.arguments) not in said_no
    ]


def strict(one: RuledProposal) -> bool:
    """Return whether the proposal was held or stopped."""
    return one.verdict.ruling is not Ruling.ALLOW

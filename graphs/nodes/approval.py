"""The human step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphs.views import ApprovalView
from handrail.domain.actions.approvals import Decision, DecisionKind, HumanRequest
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.declined import DECLINED_KEPT, asked_in, declined
from handrail.domain.actions.earlier import REPEATED
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.handoffs import Escalation
from handrail.domain.llm.agent import Exchange, ToolCall

AGAIN = "again · "
"""Before the headline of what was done before, so that lists and menus say it, too."""


class ApprovalNode:
    """The human step, open for `minutes`. It holds nothing but the interrupt: on resume a node starts from its first line."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes

    async def approval(self, state: ApprovalView) -> dict[str, Any]:
        """Ask a person about the first held proposal and note the decision."""
        view = ApprovalView.model_validate(state)
        held = next(one for one in view.rulings if one.verdict.ruling is Ruling.REQUIRE_APPROVAL)
        request = request_for(held, self._minutes, view.decisions).model_copy(update={"asked": about(held, view.asked)})
        from langgraph.types import interrupt

        decision = Decision.model_validate(interrupt(request))
        if decision.decision is DecisionKind.REJECT and held.proposal.kind is ProposalKind.REPLY:
            return {"escalation": Escalation(reason="approval_rejected", words="A reviewer rejected the agent's reply.")}
        rest = [one for one in view.proposals if one.proposal_id != held.proposal.proposal_id]
        if decision.decision is DecisionKind.REJECT:
            return _declined(view, held, decision.reviewer, rest)
        decided = held.proposal.model_copy(
            update={
                "arguments": decision.arguments,
                "arguments_hash": decision.arguments_hash,
                "revision": held.proposal.revision + (decision.decision is DecisionKind.EDIT),
            }
        )
        return {"proposals": [decided, *rest], "rulings": [], "decisions": [*view.decisions, decision]}


def _declined(view: ApprovalView, held: RuledProposal, by: str, rest: list[Proposal]) -> dict[str, Any]:
    """Return the state's changes where a person declines one proposal: it is gone, the rest is ruled on for itself."""
    refused, title = held.proposal, held.verdict.title
    words = f"A colleague declined this alone: {title}. It was not done. Do not propose it again."
    call = ToolCall(call_id=refused.call_id or refused.proposal_id, tool=refused.action, arguments=refused.arguments)
    new = declined(refused, title, by, asked_in(view.turn, view.incoming))
    return {
        "proposals": rest,
        "rulings": [],
        "declined": list(dict.fromkeys([*view.declined, refused.action])),
        "declines": [*view.declines, new][-DECLINED_KEPT:],
        "exchanges": [*view.exchanges, Exchange(call=call, result={"declined": words}, ok=False)],
    }


def request_for(ruled: RuledProposal, minutes: int, decisions: Sequence[Decision] = ()) -> HumanRequest:
    """Build the request to people with what the rules demand: who, how many, within how long.

    An edit is its editor's own proposal.
    """
    held, verdict = ruled.proposal, ruled.verdict
    demands = verdict.demands
    edited = [one.reviewer for one in decisions if edits(one, held)]
    rules = [f"{hit.policy}/{hit.rule}" for hit in verdict.hits if hit.ruling is verdict.ruling]
    return HumanRequest(
        request_id=held.proposal_id,
        action=held.action,
        title=verdict.title,
        headline=f"{AGAIN}{verdict.headline}" if REPEATED in rules else verdict.headline,
        arguments=held.arguments,
        arguments_hash=held.arguments_hash,
        reasons=verdict.messages,
        rules=rules,
        shown=verdict.shown,
        facts=verdict.facts,
        role=demands.role,
        roles=demands.roles or [demands.role],
        quorum=demands.quorum,
        verified_identity=demands.verified_identity,
        proposed_by=list(dict.fromkeys(edited)),
        expires_in_minutes=demands.ttl_minutes or minutes,
    )


def about(ruled: RuledProposal, asked: Sequence[AskedEffect]) -> list[AskedEffect]:
    """Return what the customer was asked about this effect, for whoever decides on it."""
    return [one for one in asked if one.proposal_id == ruled.proposal.proposal_id]


def edits(decision: Decision, proposal: Proposal) -> bool:
    """Return whether the decision wrote exactly these arguments."""
    about = (decision.approval_id, decision.arguments_hash) == (proposal.proposal_id, proposal.arguments_hash)
    return about and decision.decision is DecisionKind.EDIT

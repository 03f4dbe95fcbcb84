"""Routes between nodes: pure functions of the state. They are async, since LangGraph runs a plain one in a thread."""

from __future__ import annotations

from typing import Literal

from graphs.state import CaseState
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.llm.agent import Disposition


def ruling_on(state: CaseState, proposal: Proposal) -> Ruling | None:
    """The guardrail's latest ruling on exactly this revision of the proposal."""
    for ruled in state.rulings:
        verdict = ruled.verdict
        if verdict.proposal_id == proposal.proposal_id and verdict.arguments_hash == proposal.arguments_hash:
            return verdict.ruling
    return None


def held(state: CaseState) -> bool:
    """Return whether a person has to decide on a proposal."""
    return any(ruling_on(state, one) is Ruling.REQUIRE_APPROVAL for one in state.proposals)


def unconfirmed(state: CaseState) -> bool:
    """Return whether the customer has to say yes to a proposal."""
    return any(ruling_on(state, one) is Ruling.CONFIRM for one in state.proposals)


async def entrance(state: CaseState) -> Literal["classify", "agent", "escalate"]:
    """A turn starts with new words, with a person's note, or with a reason to escalate."""
    if state.escalation:
        return "escalate"
    return "agent" if state.person else "classify"


def circling(state: CaseState) -> bool:
    """Return whether the agent asks the customer once more although the turns before and this one brought nothing new."""
    asks = state.reply is not None and state.disposition is Disposition.AWAITING_CUSTOMER
    return asks and state.progress.circles(state.exchanges)


def placed(state: CaseState) -> Literal["agent", "consult"]:
    """Words whose topic nobody could tell are asked about once."""
    return "consult" if state.classification and state.classification.abstained else "agent"


async def after_classify(state: CaseState) -> Literal["answer", "agent", "consult", "escalate"]:
    """Routing before the model: what is for people never reaches one; what nobody could place is asked about once.

    Where the customer was asked something, the words are read as their answer first.
    """
    if state.escalation:
        return "escalate"
    if state.confirmation:
        return "answer"
    return placed(state)


async def after_answer(state: CaseState) -> Literal["guardrail", "confirm", "agent", "consult", "escalate"]:
    """A clear yes is ruled on, an unclear answer asked for again; everything else is for the agent to read."""
    if state.escalation:
        return "escalate"
    if state.confirmation:
        return "confirm"
    if state.proposals:
        return "guardrail"
    return placed(state)


async def after_consult(state: CaseState) -> Literal["agent", "escalate"]:
    """A topic was found, or a person reads it."""
    return "escalate" if state.escalation else "agent"


async def after_agent(state: CaseState) -> Literal["guardrail", "patience", "escalate"]:
    """Every proposal passes the guardrail; a question too many is not even proposed."""
    if state.escalation:
        return "escalate"
    return "patience" if circling(state) else "guardrail"


async def after_guardrail(state: CaseState) -> Literal["act", "approval", "confirm", "resolve", "agent", "escalate"]:
    """Allowed calls first, then what a person has to decide, then the customer, then the reply; else back to the agent."""
    if state.escalation:
        return "escalate"
    allowed = [one for one in state.proposals if ruling_on(state, one) is Ruling.ALLOW]
    if any(one.kind is not ProposalKind.REPLY for one in allowed):
        return "act"
    if held(state):
        return "approval"
    if unconfirmed(state):
        return "confirm"
    return "resolve" if allowed else "agent"


async def after_approval(state: CaseState) -> Literal["guardrail", "escalate"]:
    """Route after a decision: to the guardrail, under the policies of now; a rejected reply to a person."""
    return "escalate" if state.escalation else "guardrail"


async def after_act(state: CaseState) -> Literal["agent", "approval", "confirm", "guardrail", "escalate"]:
    """Route what is still held to its decision or to the customer, otherwise the results to the agent.

    What a live control kept in goes to a person, or is ruled on again.
    """
    if state.escalation:
        return "escalate"
    if state.proposals and not state.rulings:
        return "guardrail"
    if held(state):
        return "approval"
    return "confirm" if unconfirmed(state) else "agent"


async def after_resolve(state: CaseState) -> Literal["__end__", "guardrail", "escalate"]:
    """The turn is over, unless a live control kept the reply in."""
    if state.escalation:
        return "escalate"
    return "__end__" if state.outcome else "guardrail"

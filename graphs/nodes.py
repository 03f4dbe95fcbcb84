"""Nodes that bring work forward: classify, approval, act. Each returns only what changed."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt

from graphs.bounds import fitted
from graphs.views import ActView, ApprovalView, ClassifyView
from handrail.domain.agent import Exchange, ToolCall
from handrail.domain.approvals import Decision, DecisionKind, HumanRequest
from handrail.domain.cases import Ruled
from handrail.domain.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.effects import Effect, EffectResult, EffectStatus
from handrail.domain.errors import BusinessRefused, InvalidInput
from handrail.domain.handoffs import Escalation, Fact
from handrail.domain.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.topics import Autonomy, Topic
from handrail.ports import Cases, Clock, Router, SystemOfRecord, Topics

FLUENT_ENOUGH = 0.6


class Classify:
    """Routing before any model: what is for people leaves here."""

    def __init__(self, router: Router, topics: Topics, cases: Cases) -> None:
        self._router = router
        self._topics = topics
        self._cases = cases

    async def classify(self, state: ClassifyView) -> dict[str, Any]:
        """The classification of the customer's new words, and the reason to escalate if there is one."""
        text = "\n".join(message.text for message in state.incoming)
        found = await self._router.classify(text, topic_before=state.row.topic)
        row = state.row.model_copy(
            update={"topic": found.topic, "risk": found.risk.value, "language": found.language, "confidence": found.confidence}
        )
        known = await self._cases.known_customer(state.row.customer_id)
        return {"row": row, "classification": found, "escalation": for_people(found, self._topics.get(found.topic), known)}


def for_people(found: Classification, topic: Topic | None, known_customer: bool = True) -> Escalation | None:
    """Why this goes to a person without asking a model, or None."""
    if found.wants_person:
        return Escalation(reason="customer_asked", words="The customer asked for a person.")
    if found.risk in (Risk.HIGH, Risk.FORBIDDEN):
        return Escalation(reason="risk", words=f"Risk is {found.risk}: {'; '.join(found.reasons) or found.topic}.")
    if topic is not None and topic.people_only:
        return Escalation(reason="people_only", words=f"{topic.name} is for people: {topic.description}")
    if not known_customer:
        return Escalation(reason="unknown_customer", words="No customer with this id is known; nothing was looked up.")
    if found.topic == OUT_OF_SCOPE or topic is None:
        return Escalation(reason="out_of_scope", words="The message is about none of the agent's topics.")
    if topic.autonomy is Autonomy.OFF:
        return Escalation(reason="autonomy_off", words=f"The agent is switched off for {topic.name}.")
    if found.language not in topic.languages and found.language_confidence >= FLUENT_ENOUGH:
        return Escalation(reason="unsupported_language", words=f"The agent does not answer in {found.language!r} here.")
    return None


class Approval:
    """The human step, open for `minutes`. It holds nothing but the interrupt: on resume a node starts from its first line."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes

    async def approval(self, state: ApprovalView) -> dict[str, Any]:
        """Ask a person about the first held proposal and note the decision."""
        view = ApprovalView.model_validate(state)
        held = next(one for one in view.rulings if one.verdict.ruling is Ruling.REQUIRE_APPROVAL)
        decision = Decision.model_validate(interrupt(request_for(held, self._minutes)))
        if decision.decision is DecisionKind.REJECT and held.proposal.kind is ProposalKind.REPLY:
            return {"escalation": Escalation(reason="approval_rejected", words="A reviewer rejected the agent's reply.")}
        rest = [one for one in view.proposals if one.proposal_id != held.proposal.proposal_id]
        if decision.decision is DecisionKind.REJECT:
            return self._declined(view, held.proposal, held.verdict.title, rest)
        decided = held.proposal.model_copy(
            update={
                "arguments": decision.arguments,
                "arguments_hash": decision.arguments_hash,
                "revision": held.proposal.revision + (decision.decision is DecisionKind.EDIT),
            }
        )
        return {"proposals": [decided, *rest], "rulings": [], "decisions": [*view.decisions, decision]}

    def _declined(self, view: ApprovalView, refused: Proposal, title: str, rest: list[Proposal]) -> dict[str, Any]:
        result = {"declined": f"A colleague declined: {title}. Nothing was changed. Do not propose it again."}
        call = ToolCall(call_id=refused.call_id or refused.proposal_id, tool=refused.action, arguments=refused.arguments)
        return {
            "proposals": rest,
            "rulings": [],
            "declined": [*view.declined, refused.action],
            "exchanges": [*view.exchanges, Exchange(call=call, result=result, ok=False)],
        }


def request_for(ruled: Ruled, minutes: int) -> HumanRequest:
    """What a person is asked."""
    held, verdict = ruled.proposal, ruled.verdict
    roles = {hit.role for hit in verdict.hits if hit.role}
    return HumanRequest(
        request_id=held.proposal_id,
        action=held.action,
        title=verdict.title,
        headline=verdict.headline,
        arguments=held.arguments,
        arguments_hash=held.arguments_hash,
        reasons=verdict.messages,
        rules=[f"{hit.policy}/{hit.rule}" for hit in verdict.hits if hit.ruling is verdict.ruling],
        shown=verdict.shown,
        role="specialist" if "specialist" in roles else "support",
        expires_in_minutes=minutes,
    )


class Act:
    """Allowed reads and effects, in the order in which the model asked."""

    def __init__(self, record: SystemOfRecord, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def act(self, state: ActView) -> dict[str, Any]:
        """Run what was allowed or approved; effects go through the ledger, at most once.

        Raises:
            EffectConflict: the ledger holds no allowing verdict for exactly these arguments.
        """
        view = ActView.model_validate(state)
        allowed = {
            (one.verdict.proposal_id, one.verdict.arguments_hash) for one in view.rulings if one.verdict.ruling is Ruling.ALLOW
        }
        done = [one for one in view.proposals if (one.proposal_id, one.arguments_hash) in allowed]
        exchanges, effects = list(view.exchanges), list(view.effects)
        facts: list[Fact] = []
        for one in done:
            if one.kind is ProposalKind.EFFECT:
                result = await self._record.apply(effect(view, one))
                effects = [*(old for old in effects if old.effect_id != result.effect_id), result]
                exchanges.append(exchange(one, fitted(told(result)), result.status is EffectStatus.APPLIED))
            else:
                value, ok = await self._read(view, one)
                exchanges.append(exchange(one, value, ok))
                facts.append(Fact(name=fact_name(one), value=value, source=one.action, at=self._clock.now()))
        return {
            "proposals": [one for one in view.proposals if one not in done],
            "exchanges": exchanges,
            "effects": effects,
            "facts": facts,
        }

    async def _read(self, view: ActView, one: Proposal) -> tuple[dict[str, Any], bool]:
        try:
            value = await self._record.read(view.row.case_id, view.row.customer_id, one.action, one.arguments)
            return fitted(value), True
        except (BusinessRefused, InvalidInput) as refused:
            return {"refused": str(refused)}, False


def effect(view: ActView, one: Proposal) -> Effect:
    """The allowed proposal with the case's own customer and whoever approved it."""
    approved = next((d for d in reversed(view.decisions) if d.approval_id == one.proposal_id), None)
    return Effect(
        effect_id=one.proposal_id,
        case_id=view.row.case_id,
        customer_id=view.row.customer_id,
        action=one.action,
        arguments=one.arguments,
        arguments_hash=one.arguments_hash,
        approved_by=approved.reviewer if approved else None,
    )


def exchange(one: Proposal, result: dict[str, Any], ok: bool) -> Exchange:
    """The call with what came back, as the model sees it."""
    call = ToolCall(call_id=one.call_id or one.proposal_id, tool=one.action, arguments=one.arguments)
    return Exchange(call=call, result=result, ok=ok)


def fact_name(one: Proposal) -> str:
    """Two orders read by the same tool are two facts."""
    values = " ".join(str(value) for value in one.arguments.values())
    return f"{one.action} {values}".strip()[:120]


def told(result: EffectResult) -> dict[str, Any]:
    """What the model learns of an effect."""
    if result.status is EffectStatus.APPLIED:
        return {"done": True, **result.result}
    return {"refused": result.message or result.code or "refused"}

"""The node that acts: allowed reads and effects."""

from __future__ import annotations

from typing import Any

from graphs.bounds import fitted
from graphs.ruling.asked import WITHDREW
from graphs.views import ActView
from handrail.domain.actions.effects import TAKEN_BACK, Effect, EffectResult, EffectStatus
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.autonomy.controls import stopped
from handrail.domain.case.changes import CHANGED
from handrail.domain.case.handoffs import Fact
from handrail.domain.case.turns import TurnHalted
from handrail.domain.errors import BusinessRefused, InvalidInput, SwitchedOff
from handrail.domain.llm.agent import Exchange, ToolCall
from handrail.ports import Clock, SystemOfRecord


class ActNode:
    """Allowed reads and effects, in the order in which the model asked."""

    def __init__(self, record: SystemOfRecord, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def act(self, state: ActView) -> dict[str, Any]:
        """Run what was allowed or approved; effects go through the ledger, at most once.

        Where a live control stops one of them, the rest stays: for a person, or to be ruled on again; where the customer took
        their yes back, for a person. What is held beside an effect is ruled on again before anybody is asked: the effect
        changed the figures that they would see.

        Raises:
            EffectConflict: the ledger holds no allowing verdict for exactly these arguments.
            TurnSuperseded, TurnHalted: another attempt or a person has the case by now, or words behind it were changed.
        """
        view = ActView.model_validate(state)
        allowed = {
            (one.verdict.proposal_id, one.verdict.arguments_hash) for one in view.rulings if one.verdict.ruling is Ruling.ALLOW
        }
        done = [one for one in view.proposals if (one.proposal_id, one.arguments_hash) in allowed]
        exchanges, effects = list(view.exchanges), list(view.effects)
        facts: list[Fact] = []
        stop: dict[str, Any] = {}
        for place, one in enumerate(done):
            try:
                made = await self._record.apply(effect(view, one)) if one.kind is ProposalKind.EFFECT else None
                value, ok = (fitted(told(made)), made.status is EffectStatus.APPLIED) if made else await self._read(view, one)
            except (SwitchedOff, TurnHalted) as refused:
                done, stop = done[:place], kept_from(refused, view, effects)
                break
            exchanges.append(exchange(one, value, ok))
            if made is None:
                facts.append(Fact(name=fact_name(one), value=value, source=one.action, at=self._clock.now()))
                continue
            effects = [*(old for old in effects if old.effect_id != made.effect_id), made]
            if made.code == TAKEN_BACK:
                done, stop = done[: place + 1], {"escalation": WITHDREW, "rulings": []}
                break
        left = [one for one in view.proposals if one not in done]
        found = {"proposals": left, "exchanges": exchanges, "effects": effects, "facts": facts}
        if stop:
            return {**found, **stop}
        stale = left and any(one.kind is ProposalKind.EFFECT for one in done)
        return {**found, "rulings": []} if stale else found

    async def _read(self, view: ActView, one: Proposal) -> tuple[dict[str, Any], bool]:
        try:
            value = await self._record.read(view.row.case_id, view.row.customer_id, one.action, one.arguments)
            return fitted(value), True
        except (BusinessRefused, InvalidInput) as refused:
            return {"refused": str(refused)}, False


def kept_from(refused: SwitchedOff | TurnHalted, view: ActView, effects: list[EffectResult]) -> dict[str, Any]:
    """Return the state's changes where an effect is refused behind these `effects`.

    Raises:
        TurnHalted: none of them was made in this step; what the customer says now is read anew.
    """
    if isinstance(refused, SwitchedOff):
        return held_back(refused, view.step)
    if effects == view.effects:
        raise refused
    return {"escalation": CHANGED, "rulings": []}


def held_back(refused: SwitchedOff, step: int) -> dict[str, Any]:
    """Return the state's changes where a live control stops an effect: a person gets the case, or it is ruled on again.

    The step tells the next ruling's input from the last one's.
    """
    return {"escalation": stopped(refused), "rulings": [], "step": step + 1}


def effect(view: ActView, one: Proposal) -> Effect:
    """The allowed proposal with the case's own customer and whoever approved it."""
    approved = next((d for d in reversed(view.decisions) if d.approval_id == one.proposal_id), None)
    return Effect(
        effect_id=one.proposal_id,
        case_id=view.row.case_id,
        customer_id=view.row.customer_id,
        topic=view.row.topic or "",
        action=one.action,
        arguments=one.arguments,
        arguments_hash=one.arguments_hash,
        approved_by=approved.reviewer if approved else None,
        turn=view.key,
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
    """Return what the model learns of an effect."""
    if result.status is EffectStatus.APPLIED:
        return {"done": True, **result.result}
    return {"refused": result.message or result.code or "refused"}

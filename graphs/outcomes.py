"""Nodes that end a turn: a reply goes out, or a person receives the case with its packet. Both commit in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from graphs.act import held_back
from graphs.handoff import NO_ANSWER, packet
from graphs.replying import text_of
from graphs.state import Outcome, identity
from graphs.views import EndView
from handrail.domain.agent import Disposition
from handrail.domain.approvals import DecisionKind
from handrail.domain.cases import AuditEntry, CaseRow, CaseStatus, Commit, Tier
from handrail.domain.errors import SwitchedOff
from handrail.domain.handoffs import Escalation, Handoff, Route
from handrail.domain.messages import Author, Message
from handrail.domain.proposals import Proposal, ProposalKind
from handrail.ports import Cases, Clock, Matrix

YES = (DecisionKind.APPROVE, DecisionKind.EDIT)


class Resolve:
    """The reply that passed goes out."""

    def __init__(self, cases: Cases, clock: Clock, disclosure: Mapping[str, str]) -> None:
        self._cases = cases
        self._clock = clock
        self._disclosure = disclosure

    async def resolve(self, state: EndView) -> dict[str, Any]:
        """Commit the turn with the reply; the first one says that an assistant is answering.

        Where a live control stops it, nothing is committed: a person gets the case, or the reply is ruled on again.
        """
        view = EndView.model_validate(state)
        now = self._clock.now()
        proposal = next(one for one in view.proposals if one.kind is ProposalKind.REPLY)
        text = text_of(proposal) if view.disclosed else f"{self._opening(view)}\n\n{text_of(proposal)}"
        resolved = view.disposition is Disposition.RESOLVED
        status = CaseStatus.RESOLVED if resolved else CaseStatus.AWAITING_CUSTOMER
        row = view.row.model_copy(
            update={
                "status": status,
                "reply": text,
                "confidence": proposal.confidence if proposal.confidence is not None else view.row.confidence,
                "reason": None,
                "updated_at": now,
                "version": view.row.version + 1,
            }
        )
        message = said(view, Author.ASSISTANT, text, now, "reply")
        try:
            outcome = await end(self._cases, view, row, [message], None, approved=approved(view, proposal))
        except SwitchedOff as refused:
            return held_back(refused, view.step)
        return {"outcome": outcome, "row": row, "disclosed": True}

    def _opening(self, view: EndView) -> str:
        return self._disclosure.get(view.row.language or "en") or self._disclosure["en"]


class Escalate:
    """A person receives the case; the customer is told what happens now."""

    def __init__(self, cases: Cases, matrix: Matrix, clock: Clock) -> None:
        self._cases = cases
        self._matrix = matrix
        self._clock = clock

    async def escalate(self, state: EndView) -> dict[str, Any]:
        """Build the packet, route it by the matrix, commit. What was done is the ledger's word, whatever the turn knows."""
        view = EndView.model_validate(state)
        now = self._clock.now()
        why = view.escalation or Escalation(reason="cancelled", words="The case left the agent.")
        view = view.model_copy(update={"effects": await self._cases.effects(view.row.case_id)})
        route = never_down(view.row, why, self._route(view.row, why))
        transcript = await self._cases.transcript(view.row.case_id)
        handoff = packet(view, why, route, now, transcript)
        row = view.row.model_copy(
            update={
                "status": CaseStatus.WITH_HUMAN,
                "tier": Tier(route.tier),
                "queue": route.queue,
                "reason": why.reason,
                "updated_at": now,
                "due_at": now + timedelta(minutes=route.respond_within_minutes),
                "version": view.row.version + 1,
            }
        )
        tell = route.tell.get(view.row.language or "en") or route.tell.get("en")
        messages = [said(view, Author.SYSTEM, tell, now, "tell")] if tell else []
        row = row.model_copy(update={"reply": tell or row.reply})
        outcome = await end(self._cases, view, row, messages, handoff)
        return {"outcome": outcome, "row": row, "effects": view.effects}

    def _route(self, row: CaseRow, why: Escalation) -> Route:
        topic, risk, language = row.topic or "", row.risk or "low", row.language or "en"
        return self._matrix.route(reason=why.reason, topic=topic, risk=risk, language=language)


def never_down(row: CaseRow, why: Escalation, route: Route) -> Route:
    """The matrix's route, but never to a lower tier than the case has; where nobody answered, to a higher one."""
    least = min(int(row.tier) + (why.reason == NO_ANSWER), int(Tier.SPECIALIST))
    if route.tier >= least:
        return route
    kept = row.queue or route.queue
    return route.model_copy(update={"tier": least, "queue": kept if int(row.tier) > route.tier else route.queue})


def said(view: EndView, author: Author, text: str, now: datetime, what: str) -> Message:
    """A message of this turn under a stable id."""
    return Message(
        message_id=identity(view.row.case_id, view.turn, view.row.version, what),
        author=author,
        text=text,
        at=now,
        turn=view.turn,
        sequence=view.sequence,
        language=view.row.language,
    )


def approved(view: EndView, proposal: Proposal) -> bool:
    """Whether a person approved exactly these words."""
    return any(
        one.approval_id == proposal.proposal_id and one.arguments_hash == proposal.arguments_hash and one.decision in YES
        for one in view.decisions
    )


async def end(
    cases: Cases, view: EndView, row: CaseRow, messages: list[Message], handoff: Handoff | None, *, approved: bool = False
) -> Outcome:
    """Commit the whole turn in one transaction.

    Raises:
        SwitchedOff: a live control stops what the assistant says among `messages`; `approved` is a person's yes to it.
    """
    entry = AuditEntry(
        entry_id=identity(row.case_id, row.version, "turn"),
        at=row.updated_at,
        actor="agent",
        action=f"turn:{row.status}",
        details={"turn": view.turn, "reason": row.reason, "topic": row.topic, "steps": view.step},
    )
    await cases.commit(
        Commit(
            row=row,
            messages=messages,
            classification=view.classification,
            handoff=handoff,
            usage=view.usage,
            audit=[entry],
            reply_approved=approved,
        )
    )
    return Outcome(status=row.status, row=row, messages=messages, handoff=handoff)

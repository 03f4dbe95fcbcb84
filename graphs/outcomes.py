"""Nodes that end a turn: a reply goes out, or a person receives the case with its packet. Both commit in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from graphs.guardrail import text_of
from graphs.state import Outcome, identity
from graphs.views import EndView
from handrail.domain.agent import Disposition
from handrail.domain.approvals import DecisionKind
from handrail.domain.cases import AuditEntry, CaseRow, CaseStatus, Commit, Tier
from handrail.domain.classification import Risk
from handrail.domain.handoffs import Escalation, Handoff, Route
from handrail.domain.messages import Author, Message
from handrail.domain.proposals import ProposalKind, Ruling
from handrail.ports import Cases, Clock, Matrix

NO_ANSWER = "no_answer"


class Resolve:
    """The reply that passed goes out."""

    def __init__(self, cases: Cases, clock: Clock, disclosure: Mapping[str, str]) -> None:
        self._cases = cases
        self._clock = clock
        self._disclosure = disclosure

    async def resolve(self, state: EndView) -> dict[str, Any]:
        """Commit the turn with the reply; the first one says that an assistant is answering."""
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
        outcome = await end(self._cases, view, row, [message], None)
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
        handoff = self._packet(view, why, now)
        route = handoff.route
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

    def _packet(self, view: EndView, why: Escalation, now: datetime) -> Handoff:
        row = view.row
        words = view.incoming[-1].text if view.incoming else ""
        route = never_down(
            row,
            why,
            self._matrix.route(
                reason=why.reason, topic=row.topic or "", risk=row.risk or "low", language=row.language or "en"
            ),
        )
        draft = next((text_of(one) for one in view.proposals if one.kind is ProposalKind.REPLY), None)
        hits = [
            f"{hit.rule}: {hit.message}" for one in view.ruled for hit in one.verdict.hits if hit.ruling is not Ruling.ALLOW
        ]
        packet = Handoff(
            case_id=row.case_id,
            problem=problem(view),
            wanted=words,
            escalation=why,
            route=route,
            topic=row.topic or "",
            risk=view.classification.risk if view.classification else Risk.LOW,
            language=row.language or "en",
            facts=view.facts,
            tried=tried(view),
            policy_hits=list(dict.fromkeys(hits)),
            effects=view.effects,
            suggested_reply=draft,
            next_step=next_step(view, why),
            transcript=f"handrail case transcript {row.case_id}",
            at=now,
        )
        return with_what_was_known(packet, view.handoff) if view.handoff else packet


def never_down(row: CaseRow, why: Escalation, route: Route) -> Route:
    """The matrix's route, but never to a lower tier than the case has; where nobody answered, to a higher one."""
    least = min(int(row.tier) + (why.reason == NO_ANSWER), int(Tier.SPECIALIST))
    if route.tier >= least:
        return route
    kept = row.queue or route.queue
    return route.model_copy(update={"tier": least, "queue": kept if int(row.tier) > route.tier else route.queue})


def with_what_was_known(packet: Handoff, before: Handoff) -> Handoff:
    """A case that is passed on keeps what the packet before it knew."""
    names = {fact.name for fact in packet.facts}
    return packet.model_copy(
        update={
            "problem": before.problem,
            "wanted": packet.wanted or before.wanted,
            "facts": [*(fact for fact in before.facts if fact.name not in names), *packet.facts],
            "tried": list(dict.fromkeys([*before.tried, *packet.tried])),
            "policy_hits": list(dict.fromkeys([*before.policy_hits, *packet.policy_hits])),
            "open_questions": list(dict.fromkeys([*before.open_questions, *packet.open_questions])),
            "suggested_reply": packet.suggested_reply or before.suggested_reply,
            "next_step": before.next_step if packet.escalation.reason == NO_ANSWER else packet.next_step,
        }
    )


def undone(view: EndView) -> list[str]:
    """What a person approved and nobody carried out."""
    done = {one.effect_id for one in view.effects}
    kinds = (DecisionKind.APPROVE, DecisionKind.EDIT)
    proposed = {one.proposal.proposal_id: one.verdict.title for one in view.ruled if one.proposal.kind is ProposalKind.EFFECT}
    return [
        f"{proposed[one.approval_id]}: approved by {one.reviewer or 'a person'}, NOT carried out"
        for one in view.decisions
        if one.decision in kinds and one.approval_id in proposed and one.approval_id not in done
    ]


def problem(view: EndView) -> str:
    """The problem in one sentence, made of what is known and nothing else."""
    topic = (view.row.topic or "unclassified").replace("_", " ")
    customer = view.row.customer_id
    count = len(view.incoming)
    return f"Customer {customer} wrote about {topic} ({count} message{'s' if count != 1 else ''} in turn {view.turn})."


def tried(view: EndView) -> list[str]:
    """What the agent did and what came of it, in order."""
    lines = []
    for one in view.exchanges:
        arguments = ", ".join(f"{name}={value}" for name, value in one.call.arguments.items())
        words = one.result.get("refused") or one.result.get("declined")
        lines.append(f"{one.call.tool}({arguments}): {'done' if one.ok else words or 'refused'}")
    strict = [one.verdict for one in view.ruled if one.verdict.ruling is not Ruling.ALLOW]
    lines += [f"{verdict.title}: {verdict.ruling} ({'; '.join(verdict.messages)})" for verdict in strict]
    return list(dict.fromkeys([*lines, *undone(view)]))


def next_step(view: EndView, why: Escalation) -> str:
    """What a person would do first."""
    left = undone(view)
    if left:
        return f"{left[-1]}. Carry it out or tell the customer why not."
    blocked = [one for one in view.ruled if one.verdict.ruling is not Ruling.ALLOW and one.proposal.kind == "effect"]
    if blocked:
        return f"Decide on it yourself: {blocked[-1].verdict.title}. Then answer the customer."
    if why.reason in ("customer_asked", "out_of_scope", "unsupported_language"):
        return "Answer the customer."
    return "Read the facts, then answer the customer or hand the case back with a note."


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


async def end(cases: Cases, view: EndView, row: CaseRow, messages: list[Message], handoff: Handoff | None) -> Outcome:
    """Commit the whole turn in one transaction."""
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
        )
    )
    return Outcome(status=row.status, row=row, messages=messages, handoff=handoff)

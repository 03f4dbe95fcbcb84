"""The packet that a person receives with a case, made of what is known and nothing else."""

from __future__ import annotations

from datetime import datetime

from graphs.replying import text_of
from graphs.views import EndView
from handrail.domain.approvals import DecisionKind
from handrail.domain.classification import Risk
from handrail.domain.handoffs import Escalation, Handoff, Route
from handrail.domain.proposals import ProposalKind, Ruling

NO_ANSWER = "no_answer"


def packet(view: EndView, why: Escalation, route: Route, now: datetime) -> Handoff:
    """The packet of what this turn and the packets before it know."""
    row = view.row
    words = view.incoming[-1].text if view.incoming else ""
    draft = next((text_of(one) for one in view.proposals if one.kind is ProposalKind.REPLY), None)
    hits = [f"{hit.rule}: {hit.message}" for one in view.ruled for hit in one.verdict.hits if hit.ruling is not Ruling.ALLOW]
    made = Handoff(
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
    return with_what_was_known(made, view.handoff) if view.handoff else made


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

"""The hand-over of last resort: made by the workflow alone, it needs nothing but the activity that records it."""

from __future__ import annotations

from datetime import datetime

from graphs.handover import notice as waiting
from graphs.handover.handoff import bounded, plain, with_what_was_known
from graphs.state import CaseState, identity
from graphs.views import EndView
from handrail.domain.case.cases import CaseStatus, Tier
from handrail.domain.case.handoffs import Escalation, Handoff
from handrail.domain.case.messages import OURS, Author, Message
from handrail.domain.case.routes import SOMEBODY, Route
from handrail.domain.team.staff import round_the_clock
from workflows.memory.case import CaseMemory

FAILED = "The case could not be handed over in full ({}). Facts and rulings may be missing; the transcript is whole."
NO_LEDGER = "The ledger was not read for this packet: more may have been done, or sent, than stands here."


def hand_over(memory: CaseMemory, state: CaseState, why: Escalation, failure: str, now: datetime) -> None:
    """Give the case to a person with what is in the memory; `failure` says what kept it from being handed over in full."""
    row = memory.row
    route = destination(memory, now)
    sentence, language = waiting.sentence(route, row.language or "en", late=False)
    words = waiting.filled(sentence, route, now, language, waiting.plainly)
    route = route.model_copy(update={"told": sentence})
    memory.anew = 0
    memory.handoff, memory.expected = packet(memory, state, why, route, failure, now), route.expected
    memory.unsaved_handoff = True
    memory.become(
        CaseStatus.WITH_HUMAN,
        now,
        tier=Tier(route.tier),
        queue=route.queue,
        priority=route.priority,
        reason=why.reason,
        assignee=None,
        reply=words or row.reply,
        due_at=route.expected.answer_by if route.expected else None,
    )
    if words:
        memory.say(message(memory, words, now))
    memory.unsaved_audit.extend(state.unrecorded.audit)
    memory.withdraw(now, lost=state.confirmation)
    memory.audit("handrail", "hand_over", now, reason=why.reason, failed=failure)


def destination(memory: CaseMemory, now: datetime) -> Route:
    """Return the route the case had before, else the one for cases that nothing is said of; never a lower tier."""
    before = memory.handoff.route if memory.handoff else None
    route = before or memory.terms.route or SOMEBODY
    tier = max(route.tier, int(memory.row.tier), int(Tier.SUPPORT))
    expected = round_the_clock(now, route.respond_within_minutes)
    return route.model_copy(update={"tier": tier, "expected": expected})


def packet(memory: CaseMemory, state: CaseState, why: Escalation, route: Route, failure: str, now: datetime) -> Handoff:
    """The packet of what is known without reading anything."""
    view = EndView(**{name: getattr(state, name) for name in EndView.model_fields})
    view = view.model_copy(update={"row": memory.row, "stated": memory.stated, "handoff": memory.handoff})
    made = plain(view, why, route, now, memory.said, sure=False)
    made = made.model_copy(
        update={
            "wanted": memory.said[-1].text if memory.said else "",
            "absent": [*made.absent, FAILED.format(failure), NO_LEDGER],
        }
    )
    return bounded(with_what_was_known(made, memory.handoff) if memory.handoff else made)


def message(memory: CaseMemory, words: str, now: datetime) -> Message:
    """Build the message to the customer."""
    row = memory.row
    return Message(
        message_id=OURS + identity(row.case_id, row.turn, row.version, "tell"),
        author=Author.SYSTEM,
        text=words,
        at=now,
        turn=row.turn,
        sequence=memory.heard + 1,
        language=row.language,
    )

"""Messages that were edited or withdrawn after they were read: nothing that rests on them goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from graphs.state import CaseState, identity
from graphs.turn import Learned, TurnResult
from handrail.domain.actions.confirmations import UNCLEAR
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import OURS, Author, Message, standing
from workflows.memory.case import CaseMemory

CHANGED = Escalation(
    reason=UNCLEAR,
    words="The customer edited or withdrew words that were being acted on. The packet says what is done.",
)
"""The reason why a person gets a case: something may rest on words that do not stand any more."""


def rests_on(memory: CaseMemory, ids: Collection[str]) -> bool:
    """Return whether one of the messages that a turn began with was changed meanwhile, in its first words or its newest."""
    if not memory.changed:
        return False
    read = {one.corrects or one.message_id for one in memory.messages if one.message_id in ids}
    return any(one.message_id in read for one in memory.changed)


def to_hear(memory: CaseMemory) -> list[Message]:
    """Return the changes as words that may undo a yes: corrections of what was read, and what was withdrawn."""
    read = {one.message_id for one in memory.changed}
    return [*(one for one in standing(memory.inbox) if one.corrects in read), *withdrawn(memory.changed)]


def withdrawn(messages: Sequence[Message]) -> list[Message]:
    """The messages that were withdrawn."""
    return [one for one in messages if one.withdrawn_at]


def ask_no_more(memory: CaseMemory, now: datetime) -> None:
    """Something was withdrawn while the customer is asked to confirm: they are asked no more, and told so."""
    question = memory.confirmation
    if question is None:
        return
    memory.withdraw(now)
    memory.become(CaseStatus.AWAITING_CUSTOMER, now, reply=question.unanswered)
    memory.say(
        Message(
            message_id=OURS + identity(memory.row.case_id, question.question_id, "withdrawn"),
            author=Author.SYSTEM,
            text=question.unanswered,
            at=now,
            turn=memory.row.turn,
            sequence=memory.heard + 1,
            language=question.language,
        )
    )


def nothing_to_read(memory: CaseMemory, now: datetime) -> None:
    """All that came in is withdrawn: the customer has the word."""
    if memory.row.status is CaseStatus.WORKING:
        memory.become(CaseStatus.AWAITING_CUSTOMER, now)


def begins_anew(memory: CaseMemory, result: TurnResult, sent: CaseState, now: datetime) -> bool:
    """A turn of the customer's words was cut short because they were changed: whatever still stands is read anew.

    Kept of the turn is what it cost and what it tried; what it understood and looked up came of the old words. Return False
    where something may have come of them by then: that is for a person.
    """
    stopped = result.state
    if stopped is None or result.failure or stopped.escalation or stopped.person or sent.confirmation or sent.decisions:
        return False
    if stopped.effects != sent.effects or stopped.begun != sent.begun or memory.confirmed:
        return False
    learned = Learned.of(stopped)
    memory.usage, memory.calls, memory.trail = learned.usage, learned.calls, memory.trail.then(learned.trail)
    memory.row = memory.row.model_copy(update={"version": max(memory.row.version, learned.row.version)})
    memory.unsaved_audit.extend(stopped.unrecorded.audit)
    memory.unsaved = memory.unsaved or bool(memory.unsaved_audit)
    memory.changed = []
    memory.unread({one.message_id for one in sent.incoming})
    if not standing(memory.inbox):
        nothing_to_read(memory, now)
    return True

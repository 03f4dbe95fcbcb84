"""Messages that were edited or withdrawn after they were read: nothing that rests on them goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

from graphs.state import CaseState
from graphs.turn import Learned, TurnResult
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.changes import ANEW, CHANGED, CHANGED_AGAIN
from handrail.domain.case.messages import Message, standing
from workflows.memory.case import CaseMemory

BOUNDED = "turns-begin-anew-so-often"


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
    memory.say_undone(question, "withdrawn", now)


def unsay(memory: CaseMemory, now: datetime) -> None:
    """Take out what a turn that ended meanwhile has said of the old words, of the packet that people have, too."""
    packet = memory.handoff
    memory.unsay()
    if memory.row.status is CaseStatus.WITH_HUMAN and memory.handoff != packet:
        memory.become(memory.row.status, now)
        memory.unsaved_handoff = True


def nothing_to_read(memory: CaseMemory, now: datetime) -> None:
    """All that came in is withdrawn: the customer has the word."""
    memory.anew = 0
    if memory.row.status is CaseStatus.WORKING:
        memory.become(CaseStatus.AWAITING_CUSTOMER, now)


def counted(memory: CaseMemory, said: list[Message], before: Sequence[Message]) -> list[Message]:
    """Return what a turn begins with, `said`; with a message that the turn `before` did not have, changes count from zero."""
    known = {one.message_id for one in before}
    if any(not one.corrects and one.message_id not in known for one in said):
        memory.anew = 0
    return said


def came_late(memory: CaseMemory, sent: CaseState) -> None:
    """The turn had ended before it could be stopped: what it did of words that were changed meanwhile is for a person."""
    did = memory.effects != sent.effects
    if memory.changed and did and not memory.closing and memory.row.status is not CaseStatus.WITH_HUMAN:
        memory.interruption = memory.interruption or CHANGED


def begins_anew(memory: CaseMemory, result: TurnResult, sent: CaseState, said: Sequence[Message], now: datetime) -> bool:
    """A turn that began with what the customer `said` was cut short because words of theirs were changed: whatever still
    stands is read anew, `ANEW` times at most.

    Kept of the turn is what it cost and what it tried; what it understood and looked up came of the old words. Return False
    where something may have come of them by then, or a person had a part in it: that is for a person.
    """
    stopped = result.state
    if stopped is None or result.failure or stopped.escalation or sent.person or sent.confirmation or sent.decisions:
        return False
    if stopped.effects != sent.effects or stopped.begun != sent.begun or memory.confirmed:
        return False
    if memory.anew >= ANEW and workflow.patched(BOUNDED):
        memory.interruption = CHANGED_AGAIN
        return False
    memory.anew += 1
    learned = Learned.of(stopped)
    memory.usage, memory.calls, memory.trail = learned.usage, learned.calls, memory.trail.then(learned.trail)
    memory.row = memory.row.model_copy(update={"version": max(memory.row.version, learned.row.version)})
    memory.unsaved_audit.extend(stopped.unrecorded.audit)
    memory.unsaved = memory.unsaved or bool(memory.unsaved_audit)
    memory.changed = []
    memory.unread(said)
    if not standing(memory.inbox):
        nothing_to_read(memory, now)
    return True

"""What of a case goes into its record: opened once, and every change after it."""

from __future__ import annotations

from temporalio import workflow

from handrail.domain.cases import Terms
from handrail.domain.messages import Message
from workflows.memory import CaseMemory
from workflows.options import LOCAL_STORE, STORE


async def enter(memory: CaseMemory) -> None:
    """The case itself, with its first message; the terms it is held under come back."""
    memory.terms = await workflow.execute_local_activity("record.open", memory.opened, result_type=Terms, **LOCAL_STORE)
    memory.fresh = False


async def flush(memory: CaseMemory) -> None:
    """What is not written yet."""
    commit = memory.commit()
    await workflow.execute_activity("record.commit", commit, summary="Record what changed", **STORE)
    memory.saved(commit)


def take_inbox(memory: CaseMemory) -> list[Message]:
    """Into the transcript; the message that opened the case was recorded with it."""
    opening = memory.opened.message.message_id
    said = [one.model_copy(update={"turn": memory.row.turn}) for one in memory.inbox]
    memory.inbox = []
    for one in said:
        memory.say(one, save=one.message_id != opening)
    return said

"""A turn with one ear open: a wish for a person counts at every moment, also while the agent is thinking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from handrail.domain.handoffs import Escalation
from handrail.domain.messages import Message
from workflows.memory import CaseMemory
from workflows.turn import Turn, TurnEnd

CANCELLED = Escalation(reason="cancelled", words="Somebody cancelled the workflow; a person takes the case.")

OVERGROWN = Escalation(reason="bounds", words="The turn's history has grown too large; the agent goes round in circles.")
HISTORY_BYTES = 10_000_000
"""The server ends a workflow at 50 MB; a whole turn has some hundred kilobytes."""


class Hear(Protocol):
    """Classifies new messages and notes a reason to stop in the memory."""

    def __call__(self, messages: Sequence[Message]) -> Awaitable[None]: ...


async def listen(turn: Turn, work: Coroutine[Any, Any, TurnEnd], memory: CaseMemory, unheard: Hear) -> TurnEnd | None:
    """The turn's end, or None where it was cut short. A node that writes is always let finish."""
    task = asyncio.create_task(work)
    heard = 0

    def stop() -> bool:
        return bool(memory.interruption or memory.closing) and not turn.writing

    def something() -> bool:
        overgrown = workflow.info().get_current_history_size() > HISTORY_BYTES and not memory.interruption
        return task.done() or stop() or overgrown or (len(memory.inbox) > heard and not memory.interruption)

    try:
        while not task.done():
            try:
                await workflow.wait_condition(something)
                if len(memory.inbox) > heard and not memory.interruption:
                    # The message before is heard with the new ones: a wish may begin in one and end in the next.
                    fresh, heard = memory.inbox[max(heard - 1, 0) :], len(memory.inbox)
                    await unheard(fresh)
            except asyncio.CancelledError:
                memory.interruption = CANCELLED
            if workflow.info().get_current_history_size() > HISTORY_BYTES:
                memory.interruption = memory.interruption or OVERGROWN
            if stop() and not task.done():
                await _cut_short(task)
                return None
        return task.result()
    finally:
        task.cancel()


async def _cut_short(task: asyncio.Task[TurnEnd]) -> None:
    """Cancel and wait; a cancelled activity arrives as an error of its own."""
    task.cancel()
    try:
        await task
    except (asyncio.CancelledError, ActivityError) as error:
        if not is_cancelled_exception(error):
            raise

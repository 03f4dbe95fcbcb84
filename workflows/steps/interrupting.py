"""Activities with one ear open: a wish for a person counts at every moment, also while the agent is thinking, and who cancels
the workflow loses no step of the case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from graphs.turn import TurnResult
from handrail.domain.case.messages import Message, standing
from workflows.memory.case import CaseMemory
from workflows.steps.heeding import withdrawn

T = TypeVar("T")
Turn = workflow.ActivityHandle[TurnResult]


class Hear(Protocol):
    """Classifies new messages and notes a reason to stop in the memory."""

    def __call__(self, messages: Sequence[Message]) -> Awaitable[None]: ...


class Stop(Protocol):
    """Keeps a turn from its effects, once; `due` where words that it goes by were changed."""

    @property
    def due(self) -> bool: ...

    def __call__(self) -> Awaitable[None]: ...


async def listen(turn: Turn, memory: CaseMemory, unheard: Hear, halt: Stop) -> TurnResult | None:
    """Wait for the turn and return its result; None where it was cut short and did not say how far it came.

    It is cut short where a person is needed, where the case is closed, and where a message that was read is edited or
    withdrawn: the agent goes by the whole transcript. A node that writes is always let finish: the activity sees to that, and
    is waited for. Its customer hears that their words are changed once the turn begins no effect any more.
    """
    heard = seen = 0

    def stop() -> bool:
        return bool(memory.interruption or memory.closing or memory.changed)

    def news() -> bool:
        return len(memory.inbox) > heard or len(memory.changed) > seen

    def something() -> bool:
        return turn.done() or stop() or news()

    try:
        while not turn.done():
            try:
                await workflow.wait_condition(something)
                await halt()
                if news() and not memory.interruption:
                    # The message before is heard with the new ones: a wish may begin in one and end in the next.
                    fresh = memory.inbox[max(heard - 1, 0) :] if len(memory.inbox) > heard else []
                    beside = [*standing(fresh), *withdrawn(memory.changed[seen:])]
                    heard, seen = len(memory.inbox), len(memory.changed)
                    if memory.changed and not (memory.confirmation or memory.confirmed):
                        return await _cut_first(turn, beside, unheard, halt)
                    if beside:
                        await unheard(beside)
            except asyncio.CancelledError:
                memory.cancel()
            if stop() and not turn.done():
                return await _cut_short(turn, halt)
        return turn.result()
    finally:
        turn.cancel()


async def regardless(cancelled: Callable[[], None], step: Callable[[], Awaitable[T]]) -> T:
    """Return what the step gives; where somebody cancels the workflow meanwhile, `cancelled` notes it, and it is done again.

    The step is awaited as it is: another way of waiting would give what is replayed another order. Raises: what it raises.
    """
    while True:
        try:
            return await step()
        except FailureError as error:
            if not is_cancelled_exception(error):
                raise
            cancelled()


async def finished(turn: Turn, halt: Stop | None = None) -> TurnResult:
    """The turn's result, waited for even where the whole workflow is cancelled. Raises: ActivityError."""
    while not turn.done():
        try:
            await workflow.wait_condition(lambda: turn.done() or bool(halt and halt.due))
            if halt:
                await halt()
        except asyncio.CancelledError:
            continue
    return turn.result()


async def _cut_first(turn: Turn, beside: Sequence[Message], unheard: Hear, halt: Stop) -> TurnResult | None:
    """Stop the turn, then hear what came in. Where a yes may be acted on, what undoes it stands in the ledger first instead.

    A local activity would hold the request to stop back until it is done.
    """
    ended = await _cut_short(turn, halt)
    if beside:
        await unheard(beside)
    return ended


async def _cut_short(turn: Turn, halt: Stop) -> TurnResult | None:
    """Ask the turn to stop, and wait until it has: it tells how far it came, unless its worker is gone."""
    turn.cancel()
    try:
        return await finished(turn, halt)
    except (asyncio.CancelledError, ActivityError) as error:
        if is_cancelled_exception(error):
            return None
        raise

"""Sending an update to a case that may be going on in a fresh run, closed, unknown, or without a worker at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from temporalio.client import (
    Client,
    RPCError,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCStatusCode

from handrail.domain.case.requests import CaseStatus
from handrail.domain.errors import HandrailError, IllegalTransition
from handrail.temporal.cases.executions import PREFIX, Paused, RunStatus, execution, paused_at, unpausing
from handrail.temporal.cases.lanes import Lanes
from handrail.temporal.cases.translating import SILENT, refusal, translated
from handrail.temporal.connect import REMEDY, Unreachable
from handrail.temporal.patience import UNWELL

if TYPE_CHECKING:
    from handrail.redaction.values import Redaction

Answer = TypeVar("Answer")
Begins = Callable[[str], Awaitable[bool]]
"""Begins a case that was answered for and that Temporal does not have yet; return whether there was one."""

_LOST_IN_PARKING = "AcceptedUpdateCompletedWorkflow"
_TRANSIENT = {
    *UNWELL,
    # The workflow task that would have taken it failed; a run that goes on in another while something comes in does so, once.
    RPCStatusCode.FAILED_PRECONDITION,
}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_STARVED = "[TMPRL1101]"


async def never_kept(case_id: str) -> bool:
    """Begin nothing: every case that there is stands at Temporal."""
    return False


def workflow_id(case_id: str) -> str:
    """The id of the case's workflow."""
    return PREFIX + case_id


def _not_taken(case_id: str, name: str, seconds: float) -> Unreachable:
    return Unreachable(
        f"Case {case_id}: nobody took `{name}` within {seconds:g} s; it may still be taken. "
        f"Is a worker running? {REMEDY} Sending the same again is safe."
    )


class Courier:
    """Delivers updates and questions to the current run of a case, whatever run that is by now.

    All that is sent to a case goes through here, and loses its secrets here: what a history holds, nobody takes out.
    """

    def __init__(self, client: Client, patience: float, redaction: Redaction, begins: Begins = never_kept) -> None:
        self._client, self._begins = client, begins
        self._patience = patience
        self._redaction = redaction
        self._lanes, self._numbers = Lanes(), count()

    def come(self) -> int:
        """Return the number of a message that comes now: the next is greater."""
        return next(self._numbers)

    async def message(
        self, case_id: str, argument: BaseModel, answer: type[Answer], update_id: str, *, patience: float | None = None
    ) -> Answer:
        """Send a customer's message as an update; of many at once the others wait their turn here, not at the server.

        `patience`, in seconds, takes the place of the courier's own.

        Raises:
            Refused, UnknownCase, Unreachable.
        """
        seconds = self._patience if patience is None else patience
        try:
            async with self._lanes.of(case_id).place(seconds):
                return await self.update(case_id, "send_message", argument, answer, update_id, patience=seconds)
        except TimeoutError as error:
            raise _not_taken(case_id, "send_message", seconds) from error

    async def leave(self, case_id: str, argument: BaseModel, number: int) -> None:
        """Leave a customer's message with the server, behind those that `come` first. Raises: as `tell`."""
        async with self._lanes.of(case_id).leaving(number):
            await self.tell(case_id, "message", argument)

    async def update(
        self,
        case_id: str,
        name: str,
        argument: BaseModel,
        answer: type[Answer],
        update_id: str,
        *,
        patience: float | None = None,
    ) -> Answer:
        """Send an update and wait for its result. It may be delivered again, under the same id, where a fresh run begins.

        Raises:
            Refused: the case's own words.
            UnknownCase: there is no such case.
            Unreachable: nobody took it in time; it may still be taken later.
        """
        argument, seconds = self._redaction.of(argument), self._patience if patience is None else patience
        try:
            async with asyncio.timeout(seconds):
                return await self._until_taken(case_id, name, argument, answer, update_id)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise _not_taken(case_id, name, seconds) from error

    async def _until_taken(self, case_id: str, name: str, argument: BaseModel, answer: type[Answer], update_id: str) -> Answer:
        handle = self._client.get_workflow_handle(workflow_id(case_id))
        pause = _FIRST_PAUSE
        while True:
            try:
                taken: Answer = await handle.execute_update(name, argument, id=update_id, result_type=answer)
                return taken
            except WorkflowUpdateFailedError as error:
                if not (isinstance(error.cause, ApplicationError) and error.cause.type == _LOST_IN_PARKING):
                    raise refusal(error.cause) from error
                await self._check_open(case_id)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    await self._check_open(case_id)
                elif error.status not in _TRANSIENT:
                    raise translated(error, case_id) from error
                elif error.status is RPCStatusCode.FAILED_PRECONDITION:
                    await self._check_paused(case_id)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _check_open(self, case_id: str) -> None:
        """Return where the case goes on in another run, or has only begun now."""
        try:
            found = await execution(self._client, workflow_id(case_id))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and await self._begins(case_id):
                return
            raise translated(error, case_id) from error
        if found.open:
            return
        words = "and takes nothing more. Open a new case."
        if found.standing is not RunStatus.COMPLETED and found.status != CaseStatus.CLOSED:
            words = (
                "by somebody or something outside it. The worker gives it back to a person; at once: handrail reconcile --fix"
            )
        raise IllegalTransition(f"case {case_id} is closed ({found.standing}) {words}")

    async def _check_paused(self, case_id: str) -> None:
        """Raises: Paused, where somebody paused it."""
        try:
            pause = await paused_at(self._client, workflow_id(case_id))
        except RPCError:
            return  # whatever asked goes on by its own error
        if pause:
            raise Paused(unpausing(case_id, pause))

    async def ask(self, case_id: str, query: str, answer: type[Answer]) -> Answer:
        """The answer to a query.

        Raises:
            UnknownCase: there is no such case, or it is past its retention.
            Paused: somebody paused it.
            Unreachable: no worker answers.
        """
        handle = self._client.get_workflow_handle(workflow_id(case_id))
        try:
            async with asyncio.timeout(self._patience):
                return await self._asked(handle, query, answer)
        except WorkflowQueryFailedError as error:
            raise HandrailError(f"Case {case_id} cannot answer `{query}`: {error.message}") from error
        except (WorkflowQueryRejectedError, ValueError):
            # A paused workflow rejects questions with a status that the SDK's enumeration may not know.
            await self._check_paused(case_id)
            raise
        except TimeoutError as error:
            raise Unreachable(f"Case {case_id}: no worker answers. {REMEDY}") from error
        except RPCError as error:
            raise translated(error, case_id) from error

    async def _asked(self, handle: WorkflowHandle[Any, Any], query: str, answer: type[Answer]) -> Answer:
        """Asks again where the server hiccups, or the worker's machine was too busy to answer within the SDK's two seconds."""
        pause = _FIRST_PAUSE
        while True:
            try:
                given: Answer = await handle.query(query, result_type=answer)
                return given
            except WorkflowQueryFailedError as error:
                if _STARVED not in str(error.message):
                    raise
            except RPCError as error:
                if error.status not in _TRANSIENT | SILENT:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def why_it_failed(self, case_id: str) -> HandrailError:
        """Return the error with which a case that could not be opened ended."""
        try:
            async with asyncio.timeout(self._patience):
                await self._client.get_workflow_handle(workflow_id(case_id)).result()
        except WorkflowFailureError as error:
            return refusal(error.cause)
        except TimeoutError:
            pass
        return HandrailError(f"Case {case_id} could not be opened. Look at its history in the Temporal Web UI.")

    async def tell(self, case_id: str, signal: str, argument: BaseModel | dict[str, str]) -> None:
        """Send a signal: durable, without an answer, taken even while no worker runs.

        Raises:
            UnknownCase: there is no such case.
            IllegalTransition: the case is closed.
        """
        try:
            await self._signal(case_id, signal, argument)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise translated(error, case_id) from error
            await self._check_open(case_id)
            try:
                await self._signal(case_id, signal, argument)
            except RPCError as still:
                raise translated(still, case_id) from still

    async def _signal(self, case_id: str, signal: str, argument: BaseModel | dict[str, str]) -> None:
        handle = self._client.get_workflow_handle(workflow_id(case_id))
        await handle.signal(signal, self._redaction.of(argument))

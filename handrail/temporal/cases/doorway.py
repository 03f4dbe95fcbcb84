"""The client for callers from outside: what it is asked for never waits for a worker longer than it was told to."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from temporalio.client import Client, RPCError

from handrail.domain.base import Model
from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.messages import IncomingMessage, PageAnswer, check_message
from handrail.domain.errors import UnknownCase
from handrail.domain.team.commands import Receipt
from handrail.redaction.values import Redaction
from handrail.temporal.acting import acting_as
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import Execution, execution
from handrail.temporal.cases.opening import PATIENCE_SECONDS
from handrail.temporal.cases.translating import translated
from handrail.temporal.cases.updates import Answer, Begins, never_kept, workflow_id
from handrail.temporal.connect import REMEDY, Unreachable

START_SECONDS = 10.0
"""The server has to take a start within this time."""


class DoorwayClient(CaseClient):
    """A `CaseClient` that acts as `identity`, tells what the server knows by itself, and leaves messages for later."""

    def __init__(
        self,
        client: Client,
        identity: str,
        *,
        task_queue: str,
        patience: float = PATIENCE_SECONDS,
        redaction: Redaction | None = None,
        begins: Begins = never_kept,
    ) -> None:
        self._acting = acting_as(client, identity)
        super().__init__(self._acting, task_queue=task_queue, patience=patience, redaction=redaction, begins=begins)

    async def open_soon(self, case: CaseOpen) -> Receipt:
        """Open a case that is `wanted`, whether or not a worker runs.

        Raises:
            CaseConflict: its id stands with other content.
            Unreachable: the server does not answer in time.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self.begin(case)
        except TimeoutError as error:
            raise Unreachable(f"The Temporal server did not take the case in {START_SECONDS:g} s. {REMEDY}") from error

    async def say_soon(
        self, case_id: str, text: str, *, message_id: str, seconds: float, answers: str | None = None
    ) -> Receipt:
        """Pass on a customer's message: at once where a worker takes it in time, else kept by the server for later.

        Raises:
            InvalidInput, UnknownCase, IllegalTransition, Unreachable.
        """
        message = check_message(IncomingMessage(message_id=message_id, text=text, answers=answers))
        number = self._courier.come()
        try:
            async with asyncio.timeout(seconds):
                return await self._courier.message(case_id, message, Receipt, f"message-{uuid4().hex}", patience=seconds)
        except (TimeoutError, Unreachable):
            await self._leave(case_id, message, number)
        return Receipt(case_id=case_id, status=CaseStatus.WORKING, turn=0, message_id=message_id)

    async def _leave(self, case_id: str, message: IncomingMessage, number: int) -> None:
        """Leave the message under the same id: should its update be taken after all, it still counts once."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._courier.leave(case_id, message, number)
        except TimeoutError as error:
            words = f"The Temporal server did not take the message in {START_SECONDS:g} s. {REMEDY} Sending it again is safe."
            raise Unreachable(words) from error

    async def answer(self, case_id: str, text: str, answer: PageAnswer, *, message_id: str) -> Receipt:
        """Pass on what a human answered on the page of a question; the same `message_id` is taken once.

        Raises:
            CaseConflict: they answered before, and otherwise.
            UnknownCase, IllegalTransition.
            Unreachable: no worker took it in time; it may still be taken, and sending it again is safe.
        """
        message = check_message(IncomingMessage(message_id=message_id, text=text, answer=answer))
        return await self._courier.message(case_id, message, Receipt, f"answer-{uuid4().hex}")

    async def send(self, case_id: str, name: str, argument: Model, answer: type[Answer], update_id: str) -> Answer:
        """Send an update under an id of the caller's, so that the same request counts once. Raises: see `Courier.update`."""
        return await self._courier.update(case_id, name, argument, answer, update_id)

    async def listed(self, case_id: str) -> Execution:
        """Return the case as the server lists it: no worker is asked.

        Raises:
            UnknownCase, Unreachable.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                return await execution(self._acting, workflow_id(case_id))
        except RPCError as error:
            raise translated(error, case_id) from error
        except TimeoutError as error:
            raise Unreachable(f"The Temporal server does not answer. {REMEDY}") from error

    async def owned_by(self, case_id: str, customer_id: str) -> bool:
        """Return whether the case was opened for the customer, as the server tells. Raises: Unreachable."""
        try:
            return (await self.listed(case_id)).customer == customer_id
        except UnknownCase:
            return False

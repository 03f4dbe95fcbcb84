"""Cases for mail: opened and told whether or not a worker runs, and whatever a customer's text looks like."""

from __future__ import annotations

import asyncio

from temporalio.client import Client, RPCError
from temporalio.exceptions import WorkflowAlreadyStartedError

from handrail.domain.case.cases import CaseOpen
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import IllegalTransition, UnknownCase
from handrail.domain.mail import CHANNEL
from handrail.redaction.values import Redaction
from handrail.temporal.acting import acting_as
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.translating import translated
from handrail.temporal.connect import REMEDY, Unreachable

SECONDS = 15.0
IDENTITY = "mail"


class MailedCases(CaseClient):
    """The port `MailCases`. Texts that are longer than the agent reads go in whole: the case gives them to a person."""

    def __init__(self, client: Client, *, task_queue: str, redaction: Redaction | None = None) -> None:
        super().__init__(acting_as(client, IDENTITY), task_queue=task_queue, patience=SECONDS, redaction=redaction)

    async def open(self, case_id: str, customer_id: str, message_id: str, text: str) -> None:
        """Open a case; one that stands under this id was opened by the same mail. Raises: Unreachable."""
        message = IncomingMessage(message_id=message_id, text=text)
        case = CaseOpen(case_id=case_id, customer_id=customer_id, message=message, channel=CHANNEL)
        try:
            async with asyncio.timeout(SECONDS):
                await self._start(self._redaction.of(case))
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            raise translated(error, case_id) from error
        except TimeoutError as error:
            raise Unreachable(f"The Temporal server did not take the case in {SECONDS:g} s. {REMEDY}") from error

    async def tell(self, case_id: str, message_id: str, text: str) -> bool:
        """Pass a message on; false where the case is over and takes none. Raises: Unreachable."""
        return await self._signal(case_id, "message", IncomingMessage(message_id=message_id, text=text))

    async def ask_for_person(self, case_id: str, why: str) -> None:
        """Have a person look at the case, where it is not over. Raises: Unreachable."""
        await self._signal(case_id, "request_human", {"note": why[:500]})

    async def _signal(self, case_id: str, name: str, argument: IncomingMessage | dict[str, str]) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                await self._courier.tell(case_id, name, argument)
        except (UnknownCase, IllegalTransition):
            return False
        except TimeoutError as error:
            raise Unreachable(f"The Temporal server did not take a message in {SECONDS:g} s. {REMEDY}") from error
        return True

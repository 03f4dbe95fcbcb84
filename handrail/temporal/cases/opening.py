"""Opening a case over a Temporal connection; what only the other calls of a client need is not loaded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio.client import Client, RPCError
from temporalio.common import (
    Priority,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from handrail.domain.case.fairness import fairness_key
from handrail.domain.case.requests import CaseOpen, CaseStatus, Receipt
from handrail.domain.case.starts import other_content
from handrail.temporal.cases.executions import Execution, execution
from handrail.temporal.cases.translating import translated
from handrail.temporal.cases.updates import Begins, Courier, never_kept, workflow_id
from handrail.temporal.cases.wanted import AT_FIRST, WORKFLOW, memo_of, opened, summary_of, wanted
from handrail.temporal.whose import begun_for

if TYPE_CHECKING:
    from handrail.domain.case.cases import CaseView
    from handrail.redaction.values import Redaction

PATIENCE_SECONDS = 20.0


def plain_redaction() -> Redaction:
    """The redaction of whoever brings none."""
    from handrail.redaction.values import by_code

    return by_code()


class CaseOpener:
    """Opens cases, and says how one stands. `patience` is how many seconds a call waits for a worker to take it.

    `redaction` takes secrets out of all that is sent, before it stands in a history; by default card and account numbers,
    national ids, passwords, codes and keys. `begins` begins a case that is kept and that Temporal does not have yet.
    """

    def __init__(
        self,
        client: Client,
        *,
        task_queue: str = "cases",
        patience: float = PATIENCE_SECONDS,
        redaction: Redaction | None = None,
        begins: Begins = never_kept,
    ) -> None:
        self._client = client
        self._task_queue = task_queue
        self._redaction = redaction or plain_redaction()
        self._courier = Courier(client, patience, self._redaction, begins)

    async def open_case(
        self, case_id: str, customer_id: str, text: str, *, message_id: str | None = None, channel: str = "api"
    ) -> Receipt:
        """Open a case with the customer's first message; `duplicate` tells that it stood already with the same content.

        Raises:
            InvalidInput: an id or the text cannot be taken.
            CaseConflict: the case id stands with other content.
        """
        return await self.begin(self.wanted(case_id, customer_id, text, message_id=message_id, channel=channel))

    def wanted(self, case_id: str, customer_id: str, text: str, *, message_id: str | None, channel: str) -> CaseOpen:
        """Return the case to be opened, without its secrets. Raises: InvalidInput: an id or the text cannot be taken."""
        return wanted(self._redaction, case_id, customer_id, text, message_id=message_id, channel=channel)

    async def begin(self, case: CaseOpen) -> Receipt:
        """Open the case as it is. Raises: CaseConflict: its id stands with other content."""
        try:
            await self._start(case)
        except WorkflowAlreadyStartedError:
            return await self._standing(case)
        except RPCError as error:
            raise translated(error, case.case_id) from error
        return opened(case)

    async def _start(self, case: CaseOpen) -> None:
        with begun_for(case.customer_id):
            await self._client.start_workflow(
                WORKFLOW,
                case,
                id=workflow_id(case.case_id),
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                memo=memo_of(case),
                search_attributes=AT_FIRST,
                priority=Priority(fairness_key=fairness_key(case.customer_id)),
                static_summary=summary_of(case),
            )

    async def _standing(self, case: CaseOpen) -> Receipt:
        try:
            found = await execution(self._client, workflow_id(case.case_id))
        except RPCError as error:
            raise translated(error, case.case_id) from error
        if await self._content(found, case.case_id) != case.content_digest():
            raise other_content(case.case_id)
        return Receipt(
            case_id=case.case_id,
            status=CaseStatus(found.status or CaseStatus.WORKING),
            turn=1,
            message_id=case.message.message_id,
            duplicate=True,
        )

    async def _content(self, found: Execution, case_id: str) -> str:
        """The content's digest; a case that another SDK started may carry no memo, then the case itself knows."""
        return found.content or (await self.status(case_id)).content_digest

    async def status(self, case_id: str) -> CaseView:
        """The case as it stands now.

        Raises:
            InvalidInput: another client started it with content that cannot become a case.
            UnknownCase, Unreachable.
        """
        from handrail.domain.case.cases import CaseView

        answer: type[CaseView | None] = CaseView | None  # type: ignore[assignment]
        view = await self._courier.ask(case_id, "status", answer)
        if view is None:
            raise await self._courier.why_it_failed(case_id)
        return view

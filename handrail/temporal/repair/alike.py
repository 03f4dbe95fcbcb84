"""Open cases that stood alike in the record and in Temporal, and by their numbers do so still: they need not be listed.

Listing a run takes a server a quarter of a millisecond of its processor, counting it a hundredth of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest
from temporalio.client import Client

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.reconciling import RecordedCase
from handrail.temporal.cases.executions import Execution, newest_runs
from handrail.temporal.cases.wanted import WORKFLOW

Value = TypeVar("Value")
WHOLE = timedelta(minutes=10)
"""So often everything open is listed all the same: differences could cancel out in the numbers."""


class AlikeCases:
    """A memory of what the last comparison found alike of the cases of `task_queue`; one that is not noted leaves nothing.

    What began within `grace` of a comparison is listed by the next one again.
    """

    def __init__(self, client: Client, task_queue: str, grace: timedelta) -> None:
        self._client, self._queue, self._grace = client, task_queue, grace
        self._cases = frozenset[str]()
        self._begun: datetime | None = None
        self._now = self._whole = datetime.min.replace(tzinfo=UTC)

    async def listed(
        self, recorded: dict[str, RecordedCase], since: datetime | None
    ) -> tuple[dict[str, Execution], dict[str, RecordedCase]]:
        """Return the newest runs of the cases that may differ, by the case's id, and those of `recorded` that may.

        `recorded` is what the record holds open. `since`: see `newest_runs`; None lists everything. Raises: RPCError.
        """
        begun, self._begun, self._now = self._begun, None, datetime.now(UTC)
        if since and begun and self._now - self._whole < WHOLE:
            newest = await newest_runs(self._client, since, begun)
            anew = {case_id for case_id, run in newest.items() if not run.closed}
            self._cases = (self._cases & recorded.keys()) - anew
            if Counter(recorded[case_id].status for case_id in self._cases) == await self._numbers(begun):
                return without(newest, self._cases), without(recorded, self._cases)
        self._cases, self._whole = frozenset(), self._now
        return await newest_runs(self._client, since), recorded

    def note(self, recorded: Mapping[str, RecordedCase], newest: Mapping[str, Execution]) -> None:
        """Remember what is open by now, as nothing differed of what was listed."""
        begun = self._now - self._grace
        old = {case_id: run for case_id, run in newest.items() if not run.closed and run.started < begun}
        if all(run.task_queue == self._queue for run in old.values()):
            self._cases, self._begun = self._cases | (old.keys() & recorded.keys()), begun

    async def _numbers(self, begun: datetime) -> Counter[CaseStatus]:
        """Return the number of open runs that began before, by the status they published."""
        ours = f"WorkflowType = '{WORKFLOW}' AND TaskQueue = '{self._queue}'"
        found = Counter[CaseStatus]()
        for status in set(CaseStatus) - {CaseStatus.CLOSED}:
            query = f"{ours} AND CaseStatus = '{status}' AND CloseTime IS NULL AND StartTime < '{begun.isoformat()}'"
            request = CountWorkflowExecutionsRequest(namespace=self._client.namespace, query=query)
            found[status] = (await self._client.workflow_service.count_workflow_executions(request, retry=True)).count
        return found


def without(found: Mapping[str, Value], cases: Container[str]) -> dict[str, Value]:
    """Return all but those of the cases."""
    return {case_id: one for case_id, one in found.items() if case_id not in cases}

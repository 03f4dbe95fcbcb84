"""Runs as the server lists them, read over plain gRPC: the SDK's own listing raises at a status that it does not know.

A paused workflow has the status 8, which the SDK's enumeration lacks; one such run would hide every other from its listing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.errors import Refused

if TYPE_CHECKING:
    from temporalio.client import Client

PREFIX = "case-"
PAGE = 500


class RunStatus(StrEnum):
    """The status of a run; OTHER is whatever a newer server may add."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    TERMINATED = "terminated"
    CONTINUED_AS_NEW = "continued as new"
    TIMED_OUT = "timed out"
    PAUSED = "paused"
    OTHER = "of a status that this version does not know"


NUMBERS = dict(enumerate(list(RunStatus)[:-1], 1))
OPEN = frozenset({RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.CONTINUED_AS_NEW, RunStatus.OTHER})
"""Runs that go on, in this run or in the next."""


class Paused(Refused):
    """The case was paused in Temporal: it takes nothing but signals, and acts on nothing, until it is unpaused."""


@dataclass(frozen=True, slots=True)
class CasePause:
    """A pause of a case: by whom, when and why."""

    by: str
    at: datetime
    reason: str

    def __str__(self) -> str:
        return f"paused {self.at:%Y-%m-%d %H:%M} UTC by {self.by or 'somebody'}: {self.reason or 'no reason given'}"


@dataclass(frozen=True, slots=True)
class Execution:
    """A run of a case: `status` is what the case itself published, `content` and `customer` what its opener did.

    A listed run tells neither of the two last: they stand in the memo, which costs more to read than all the rest.
    """

    workflow_id: str
    run_id: str
    standing: RunStatus
    started: datetime
    closed: datetime | None
    task_queue: str
    status: str | None
    content: str | None = None
    customer: str | None = None

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.workflow_id.removeprefix(PREFIX)

    @property
    def open(self) -> bool:
        """True if the run goes on."""
        return self.standing in OPEN


async def executions(client: Client, query: str) -> AsyncIterator[Execution]:
    """Every run that fits the query, whatever its status. Raises: RPCError."""
    token = b""
    while True:
        found = await client.workflow_service.list_workflow_executions(
            ListWorkflowExecutionsRequest(namespace=client.namespace, query=query, page_size=PAGE, next_page_token=token),
            retry=True,
        )
        for info in found.executions:
            yield read(info)
        token = found.next_page_token
        if not token:
            return


async def newest_runs(client: Client, since: datetime | None, begun: datetime | None = None) -> dict[str, Execution]:
    """Return the newest run of each case by the case's id; with `since` and `begun`, see `listing`. Raises: RPCError."""
    found = [one async for one in executions(client, listing(since, begun))]
    return {one.case_id: one for one in sorted(found, key=lambda one: one.started) if one.workflow_id.startswith(PREFIX)}


async def execution(client: Client, workflow_id: str, run_id: str = "") -> Execution:
    """The newest run of the workflow, or the one named, with its memo. Raises: RPCError with NOT_FOUND."""
    info = (await described(client, workflow_id, run_id)).workflow_execution_info
    content, customer = [await _noted(client, info, name) for name in ("content", "customer")]
    return replace(read(info), content=content, customer=customer)


async def described(client: Client, workflow_id: str, run_id: str = "") -> DescribeWorkflowExecutionResponse:
    """The server's whole description. Raises: RPCError with NOT_FOUND."""
    return await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
        ),
        retry=True,
    )


async def busy(client: Client, workflow_id: str) -> bool:
    """Return whether a step of the workflow is under way or waits for a worker. Raises: RPCError with NOT_FOUND."""
    found = await described(client, workflow_id)
    return bool(found.pending_activities) or found.HasField("pending_workflow_task")


async def paused_at(client: Client, workflow_id: str) -> CasePause | None:
    """Return the workflow's pause, None where it is not paused. Raises: RPCError."""
    found = await described(client, workflow_id)
    if NUMBERS.get(int(found.workflow_execution_info.status)) is not RunStatus.PAUSED:
        return None
    info = found.workflow_extended_info.pause_info
    return CasePause(info.identity, info.paused_time.ToDatetime(UTC), info.reason)


async def paused_runs(client: Client, where: str = "WorkflowType = 'case'") -> list[Execution]:
    """Every paused run; none on a server that cannot pause. Raises: RPCError."""
    try:
        return [one async for one in executions(client, f"{where} AND ExecutionStatus = 'Paused'")]
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return []


async def paused_cases(client: Client, most: int = 100) -> dict[str, CasePause]:
    """Paused cases and who paused them, at most so many. Raises: RPCError."""
    found = {one.case_id: await paused_at(client, one.workflow_id) for one in (await paused_runs(client))[:most]}
    return {case_id: pause for case_id, pause in found.items() if pause}


def unpausing(case_id: str, pause: CasePause) -> str:
    """Words for whoever meets a paused case, with what to do."""
    return (
        f"Case {case_id} is {pause}. It keeps signals and messages sent as such, and does nothing until it is unpaused: "
        f'temporal workflow unpause --workflow-id {PREFIX}{case_id} --reason "go on", '
        "or Unpause on its page in the Temporal Web UI. What fell due meanwhile is acted on then."
    )


def read(info: WorkflowExecutionInfo) -> Execution:
    """The run out of the server's message, without its memo."""
    return Execution(
        workflow_id=info.execution.workflow_id,
        run_id=info.execution.run_id,
        standing=NUMBERS.get(int(info.status), RunStatus.OTHER),
        started=info.start_time.ToDatetime(UTC),
        closed=info.close_time.ToDatetime(UTC) if info.HasField("close_time") else None,
        task_queue=info.task_queue,
        status=_published(info),
    )


def _published(info: WorkflowExecutionInfo) -> str | None:
    """The status that the case published: search attributes are plain JSON, whatever codec guards the rest."""
    fields = info.search_attributes.indexed_fields
    return _words(json.loads(fields["CaseStatus"].data)) if "CaseStatus" in fields else None


async def _noted(client: Client, info: WorkflowExecutionInfo, name: str) -> str | None:
    if name not in info.memo.fields:
        return None
    [value] = await client.data_converter.decode([info.memo.fields[name]])
    return _words(value)


def _words(value: object) -> str | None:
    return value if isinstance(value, str) else None


def listing(since: datetime | None, begun: datetime | None = None) -> str:
    """Return the query for the runs of all cases; with `since`, for open ones and those that ended behind it.

    With `begun`, too, of the open ones those alone that began then or later.
    """
    cases = "WorkflowType = 'case'"
    if since is None:
        return cases
    still_open = f"StartTime >= '{begun.isoformat()}'" if begun else "CloseTime IS NULL"
    return f"{cases} AND ({still_open} OR CloseTime > '{since.isoformat()}')"

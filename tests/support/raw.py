"""Calls as another SDK, Temporal's CLI or the Web UI would send them: payloads byte by byte, nothing checked on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import EventType, UpdateWorkflowExecutionLifecycleStage, WorkflowTaskFailedCause
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Input, Meta, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import (
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
)
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from handrail.shop.records.find import FoundOrder, find
from tests.support.house import House

TAKEN: set[str] = set()
FAILED_TASKS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
}


def payload(data: bytes, encoding: str | None = "json/plain", **metadata: str) -> Payload:
    """A payload of exactly these bytes."""
    given = {} if encoding is None else {"encoding": encoding}
    return Payload(metadata={name: value.encode() for name, value in {**given, **metadata}.items()}, data=data)


def plain(value: Any) -> Payload:
    """A JSON payload as any SDK would write it; NaN and lone surrogates pass."""
    return payload(json.dumps(value).encode())


@dataclass(frozen=True, slots=True)
class Wire:
    """The server's own interface."""

    home: House

    async def signal(self, case_id: str, name: str, *payloads: Payload) -> None:
        """Send a signal; with no payload, as the Web UI does with an empty box."""
        await self.home.temporal.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=self.home.temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=f"case-{case_id}"),
                signal_name=name,
                input=Payloads(payloads=payloads) if payloads else None,
                request_id=uuid4().hex,
            ),
            retry=True,
        )

    async def update(self, case_id: str, name: str, *payloads: Payload) -> str | None:
        """Send an update; the words of its refusal, or None where it was taken. Sent again where the case was just parking."""
        while True:
            try:
                return await self._update(case_id, name, *payloads)
            except RPCError as error:
                if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                    raise

    async def _update(self, case_id: str, name: str, *payloads: Payload) -> str | None:
        given = Input(name=name, args=Payloads(payloads=payloads) if payloads else None)
        answer = await self.home.temporal.workflow_service.update_workflow_execution(
            UpdateWorkflowExecutionRequest(
                namespace=self.home.temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=f"case-{case_id}"),
                wait_policy=WaitPolicy(
                    lifecycle_stage=UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
                ),
                request=Request(meta=Meta(update_id=uuid4().hex), input=given),
            ),
            retry=True,
        )
        assert answer.HasField("outcome"), f"{name}: nobody took it"
        if not answer.outcome.HasField("failure"):
            return None
        assert answer.outcome.failure.stack_trace == "", answer.outcome.failure
        return answer.outcome.failure.message

    async def start(self, workflow_id: str, *payloads: Payload, **fields: Any) -> WorkflowHandle[Any, Any]:
        """Start a `case` workflow."""
        started = await self.home.temporal.workflow_service.start_workflow_execution(
            StartWorkflowExecutionRequest(
                namespace=self.home.temporal.namespace,
                workflow_id=workflow_id,
                workflow_type=WorkflowType(name="case"),
                task_queue=TaskQueue(name=self.home.settings.task_queue),
                input=Payloads(payloads=payloads) if payloads else None,
                request_id=uuid4().hex,
                **fields,
            )
        )
        return self.home.temporal.get_workflow_handle(workflow_id, run_id=started.run_id)


async def fresh_order(home: House, **needs: Any) -> FoundOrder:
    """An order that fits and that no other case of this session is about."""
    async with home.pool.connection() as connection:
        found = await find(connection, limit=200, **needs)
    order = next(one for one in found if one.order_id not in TAKEN)
    TAKEN.add(order.order_id)
    return order


async def histories(home: House, workflow_id: str) -> list[list[Any]]:
    """The events of every run, the newest run first."""
    found: list[list[Any]] = []
    run_id: str | None = (await home.temporal.get_workflow_handle(workflow_id).describe()).run_id
    while run_id:
        handle = home.temporal.get_workflow_handle(workflow_id, run_id=run_id)
        events = [event async for event in handle.fetch_history_events()]
        found.append(events)
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found


async def healthy(home: House, case_id: str) -> None:
    """The case answers its three queries, and no run of it ever failed a workflow task."""
    assert (await home.cases.status(case_id)).case_id == case_id
    assert await home.cases.transcript(case_id)
    await home.cases.handoff(case_id)
    for events in await histories(home, f"case-{case_id}"):
        failed = [str(event) for event in events if event.event_type in FAILED_TASKS and not _lost_race(event)]
        assert failed == [], failed[0]


def _lost_race(event: Any) -> bool:
    """Something new came in while a task was at work (for a very large one the server ends it): looked at again at once."""
    cause = event.workflow_task_failed_event_attributes.cause
    return cause in (
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    )

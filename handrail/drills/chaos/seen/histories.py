"""Cases as their histories in Temporal tell of them: messages that were taken, and what hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.drills.chaos.seen.evidence import CaseHistory
from handrail.temporal.cases.executions import described, read
from handrail.temporal.cases.updates import workflow_id

MESSAGES = ("send_message",)
AT_ONCE = 8


async def histories(client: Client, case_ids: Sequence[str]) -> list[CaseHistory]:
    """Return the histories of those of the cases that Temporal knows. Raises: RPCError."""
    places = asyncio.Semaphore(AT_ONCE)

    async def history(case_id: str) -> CaseHistory | None:
        async with places:
            return await history_of(client, case_id)

    found = await asyncio.gather(*(history(case_id) for case_id in case_ids))
    return [one for one in found if one is not None]


async def history_of(client: Client, case_id: str) -> CaseHistory | None:
    """Return a case over all of its runs, None where there is none. Raises: RPCError."""
    try:
        about = await described(client, workflow_id(case_id))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    run = read(about.workflow_execution_info)
    taken = await taken_messages(client, await events_of(client, case_id, run.run_id))
    return CaseHistory(case_id=case_id, open=run.open, status=run.status, taken=taken, trouble=trouble(about))


async def events_of(client: Client, case_id: str, run_id: str) -> list[HistoryEvent]:
    """Return the events of the run and of those before it, the oldest first."""
    events: list[HistoryEvent] = []
    while run_id:
        found = (await client.get_workflow_handle(workflow_id(case_id), run_id=run_id).fetch_history()).events
        events = [*found, *events]
        run_id = found[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return events


async def taken_messages(client: Client, events: Sequence[HistoryEvent]) -> list[str]:
    """Return the ids of the messages that the case took, without those that it then refused."""
    taken: dict[str, str] = {}
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            request = event.workflow_execution_update_accepted_event_attributes.accepted_request
            if request.input.name in MESSAGES:
                (message,) = await client.data_converter.decode(list(request.input.args.payloads))
                taken[request.meta.update_id] = str(message["message_id"])
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
            completed = event.workflow_execution_update_completed_event_attributes
            if completed.outcome.HasField("failure"):
                taken.pop(completed.meta.update_id, None)
    return list(dict.fromkeys(taken.values()))


def trouble(about: DescribeWorkflowExecutionResponse) -> str:
    """Return what hangs: a task of the workflow that failed, or an activity; nothing of a case at rest."""
    if about.HasField("pending_workflow_task") and about.pending_workflow_task.attempt > 1:
        return f"its workflow task is at attempt {about.pending_workflow_task.attempt}"
    for activity in about.pending_activities:
        last = activity.last_failure.message[:200]
        return f"{activity.activity_type.name} still runs, at attempt {activity.attempt}: {last or 'no failure yet'}"
    return ""

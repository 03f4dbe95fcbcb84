"""The backlog of a task queue, as the server tells it: what waits, for how long, and who asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from handrail.temporal.polling import POLLED_WITHIN

KINDS = {"workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY}
PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Tasks that wait, the oldest one's age in seconds, and workers that asked lately."""

    waiting: int
    age: float
    pollers: int


async def backlog(client: Client, task_queue: str) -> Mapping[str, Backlog]:
    """Return the backlog of workflow tasks and of activities. Raises: RPCError: the server does not answer."""
    found: dict[str, Backlog] = {}
    for name, kind in KINDS.items():
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=task_queue), task_queue_type=kind, report_stats=True
        )
        answer = await client.workflow_service.describe_task_queue(request, timeout=PATIENCE)
        since = datetime.now(UTC) - POLLED_WITHIN
        polling = {one.identity for one in answer.pollers if one.last_access_time.ToDatetime(UTC) > since}
        age = answer.stats.approximate_backlog_age.ToTimedelta().total_seconds()
        found[name] = Backlog(answer.stats.approximate_backlog_count, age, len(polling))
    return found

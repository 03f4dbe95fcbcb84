"""Workers that poll a task queue lately, by the build of a deployment that they poll as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType, WorkerVersioningMode
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

POLLED_WITHIN = timedelta(seconds=90)
"""A poll waits for a minute; the server lists a poller that is gone for some minutes more, and deletes no version of it."""


async def pollers_of(client: Client, task_queue: str, deployment: str) -> dict[str, list[str]]:
    """Return who polled lately, by their build; unversioned ones under the empty name. Raises: RPCError."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    since = datetime.now(UTC) - POLLED_WITHIN
    found: dict[str, list[str]] = {}
    for one in (await client.workflow_service.describe_task_queue(request)).pollers:
        if one.last_access_time.ToDatetime(UTC) <= since:
            continue
        options = one.deployment_options
        versioned = options.worker_versioning_mode == WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
        build = options.build_id if versioned and options.deployment_name == deployment else ""
        found.setdefault(build, []).append(one.identity)
    return {build: sorted(set(who)) for build, who in found.items()}

"""A worker on a real server fetches activities as they begin: what waits does so at the server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, UnsandboxedWorkflowRunner, Worker

from handrail.temporal.worker.slots import AHEAD, EAGER
from handrail.wiring.cases.order import fetched
from tests.support.house import wait_for

MANY = 30
BEAT = timedelta(seconds=8)


@activity.defn(name="beating")
async def beating() -> int:
    """Beat, and give back which attempt this is."""
    for _ in range(5):
        activity.heartbeat()
        await asyncio.sleep(0)
    return activity.info().attempt


@workflow.defn(name="many")
class Many:
    """Asks for very many activities at once, of which none is tried twice."""

    @workflow.run
    async def run(self) -> int:
        """Return how many were carried out."""
        options: dict[str, Any] = {"start_to_close_timeout": timedelta(minutes=2), "heartbeat_timeout": BEAT}
        return sum(
            await asyncio.gather(*(workflow.execute_activity("beating", result_type=int, **options) for _ in range(MANY)))
        )


class Slow(Interceptor):
    """A worker that comes to the first line of an activity only when a test lets it."""

    def __init__(self) -> None:
        self.reached, self.go = 0, asyncio.Event()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return SlowActivity(next, self)


class SlowActivity(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, slow: Slow) -> None:
        super().__init__(next)
        self._slow = slow

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._slow.reached += 1
        await self._slow.go.wait()
        return await super().execute_activity(input)


async def test_what_has_not_begun_keeps_the_rest_at_the_server(temporal_client: Client) -> None:
    queue, slow = str(uuid4()), Slow()
    options = fetched(40, Slow())
    beginning, *_ = options["interceptors"]
    slow_first = {**options, "interceptors": [slow, beginning]}
    async with Worker(
        temporal_client,
        task_queue=queue,
        workflows=[Many],
        activities=[beating],
        workflow_runner=UnsandboxedWorkflowRunner(),
        **slow_first,
    ):
        handle = await temporal_client.start_workflow(Many.run, id=queue, task_queue=queue)
        await wait_for(lambda: asyncio.sleep(0, slow.reached >= AHEAD), 60)
        pending = (await handle.describe()).raw_description.pending_activities
        handed = [one for one in pending if one.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED]
        assert (len(pending), len(handed) <= AHEAD + EAGER) == (MANY, True)
        slow.go.set()
        assert await handle.result() == MANY, "each at its first attempt"
    assert slow.reached == MANY

"""A short timer is short on the server that comes with Handrail."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@workflow.defn(name="short-pause")
class ShortPause:
    @workflow.run
    async def run(self) -> float:
        began = workflow.now()
        await workflow.sleep(timedelta(milliseconds=250))
        return (workflow.now() - began).total_seconds()


async def test_a_pause_of_a_quarter_of_a_second_is_no_full_second(temporal_client: Client) -> None:
    queue = f"pauses-{uuid4().hex}"
    async with Worker(temporal_client, task_queue=queue, workflows=[ShortPause], workflow_runner=UnsandboxedWorkflowRunner()):
        names = [f"{queue}-{number}" for number in range(3)]
        lasted = [await temporal_client.execute_workflow(ShortPause.run, id=name, task_queue=queue) for name in names]
    assert 0.25 <= min(lasted) < 0.9  # the shortest: a busy machine makes some longer

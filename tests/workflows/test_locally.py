"""A step within a workflow's task gives the task up where it fails: the server waits for what is away."""

from __future__ import annotations

from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.options import STEP, TASK_TRIES
from workflows.steps.locally import locally

SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED


@activity.defn(name="step")
async def step(how: str) -> list[str]:
    info = activity.info()
    where = "within the task" if info.is_local else "at the server"
    if how == "defect":
        raise ApplicationError("no repetition mends it", type="ValidationError")
    if (how == "away" and info.is_local) or info.attempt < 2:
        raise RuntimeError("away")
    return [where, str(info.attempt)]


@workflow.defn(name="small")
class SmallWorkflow:
    @workflow.run
    async def run(self, how: str) -> list[str]:
        return await locally(lambda: None, "step", [how], list, STEP)


async def ran(client: Client, how: str) -> tuple[list[str], int]:
    """Return what the step gave, or the error that came of it, and how many activities the server was asked for."""
    queue = f"locally-{uuid4().hex}"
    async with Worker(
        client, task_queue=queue, workflows=[SmallWorkflow], activities=[step], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(SmallWorkflow.run, how, id=queue, task_queue=queue)
        try:
            found = await handle.result()
        except WorkflowFailureError as error:
            found = [type(error.cause).__name__]
        history = await handle.fetch_history()
    return found, sum(one.event_type == SCHEDULED for one in history.events)


@pytest.mark.parametrize(
    ("how", "found", "at_server"),
    [
        ("once", ["within the task", str(TASK_TRIES)], 0),
        ("away", ["at the server", "2"], 1),
        ("defect", ["ApplicationError"], 0),
    ],
)
async def test_a_step_that_fails_is_left_to_the_server(
    temporal_client: Client, how: str, found: list[str], at_server: int
) -> None:
    assert await ran(temporal_client, how) == (found, at_server)

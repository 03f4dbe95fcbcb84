"""A question that a worker answers between two tasks: the next task gives what every replay gives."""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from handrail.embedded.temporal import Temporal
from handrail.temporal.converter import data_converter
from handrail.temporal.worker.ahead import RewindingInstance, RewindingRunner
from handrail.temporal.worker.wrapping import WrappingInstance
from tests.support import asking
from tests.support.house import wait_for

SCHEDULED, COMPLETED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED


async def test_a_question_that_outlived_its_worker_brings_no_run_ahead(
    temporal_client: Client, temporal_server: Temporal
) -> None:
    """The question goes to the next worker before the task does, and finds the activity ended; words come with the task."""
    queue, released = f"asks-{uuid4().hex[:8]}", asyncio.Event()
    handle = await temporal_client.start_workflow("asks", id=queue, task_queue=queue)
    gone = await asyncio.create_subprocess_exec(sys.executable, "-m", asking.__name__, temporal_server.address, queue)
    try:
        await happened(handle, SCHEDULED)
        async with working(temporal_client, queue, released):
            assert await handle.query("status") == "working"  # the run is in the first worker's cache, so it answers
            gone.kill()
            await gone.wait()
            asked = asyncio.create_task(handle.query("status"))
            await handle.describe()
            released.set()
            await happened(handle, COMPLETED)
            await handle.execute_update("say")
            await asked
            await handle.result()
    finally:
        if gone.returncode is None:
            gone.kill()
            await gone.wait()
    replayer = Replayer(workflows=[asking.Asks], workflow_runner=UnsandboxedWorkflowRunner(), data_converter=data_converter)
    await replayer.replay_workflow(await handle.fetch_history())


def working(client: Client, queue: str, released: asyncio.Event) -> Worker:
    """The other worker; its activity ends a second after it is released."""

    @activity.defn(name="work")
    async def work() -> None:
        await released.wait()
        await asyncio.sleep(1)  # so much longer than the question the task waits for a worker

    runs = RewindingRunner(UnsandboxedWorkflowRunner())
    given: dict[str, Any] = {"workflows": [asking.Asks], "activities": [work], "workflow_runner": runs}
    worker = Worker(client, task_queue=queue, build_id="next", **given)
    runs.evict_from(worker)
    return worker


async def happened(handle: WorkflowHandle[Any, Any], kind: EventType.ValueType) -> None:
    """Wait for such an event in the history."""

    async def found() -> bool:
        return any(event.event_type == kind for event in (await handle.fetch_history()).events)

    await wait_for(found)


class Silent(WrappingInstance):
    """An instance that does nothing."""

    def __init__(self) -> None:
        pass

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return WorkflowActivationCompletion(run_id=act.run_id)


ASKED = "legacy_query"


@pytest.mark.parametrize(
    ("steps", "evicted"),
    [
        ([(3, 1, 100), (3, 1, 100, ASKED)], []),
        ([(3, 1, 100), (8, 1, 100), (8, 1, 100, ASKED)], ["run"]),
        ([(3, 1, 100), (8, 2, 300), (8, 2, 300, ASKED)], []),
        ([(3, 1, 100), (3, 1, 100), (3, 1, 100, ASKED)], []),
        ([(3, 1, 100), (8, 1, 300), (8, 1, 300, ASKED)], []),
        ([(3, 1, 100), (8, 1, 100), (8, 1, 100), (8, 1, 100, ASKED)], ["run"]),
        ([(3, 1, 100), (8, 1, 100, ASKED), (11, 2, 300), (11, 2, 300, ASKED)], []),
        ([(3, 1, 100), (8, 1, 100), (8, 1, 100, "of-a-task")], []),
    ],
    ids=[
        "loaded for the question",
        "ahead",
        "a task that came and ended",
        "a local activity within a task",
        "a task in the same instant",
        "ahead by a local activity too",
        "nothing to do past the last task",
        "a question that came with a task",
    ],
)
def test_only_a_run_that_is_ahead_is_loaded_anew(steps: list[tuple[Any, ...]], evicted: list[str]) -> None:
    """Each step is the length of the history, the task's time and its size, and the question where it is one."""
    gone: list[str] = []
    instance = RewindingInstance(Silent(), gone.append)
    for length, seconds, size, *asked in steps:
        act = WorkflowActivation(run_id="run", history_length=length, history_size_bytes=size)
        act.timestamp.FromSeconds(seconds)
        for question in asked:
            act.jobs.add().query_workflow.query_id = question
        instance.activate(act)
    assert gone == evicted

"""What the doctor finds at Temporal: a fault is planted in a real server, and the doctor names it and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio import activity, workflow
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest, UpdateTaskQueueConfigRequest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.doctor import temporal
from handrail.doctor.findings import DoctorFinding, PartHealth
from handrail.embedded.temporal import Temporal
from handrail.settings import Settings
from handrail.temporal.connect import connect
from tests.support.house import wait_for

Found = dict[str, DoctorFinding]


def by_part(found: list[DoctorFinding]) -> Found:
    """The findings by their parts, each of which has one."""
    parts = {one.part: one for one in found}
    assert len(parts) == len(found), found
    assert all(one.remedy or one.health is PartHealth.FINE for one in found), "trouble without anything to do about it"
    return parts


@workflow.defn(name="broken")
class BrokenWorkflow:
    """Fails each of its tasks, as code does that no longer fits a run."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("it no longer fits")


@activity.defn
async def nothing() -> None:
    """Be polled for."""


@pytest.fixture
def line() -> str:
    """A task queue of the test's own."""
    return f"line-{uuid4().hex[:8]}"


@pytest.fixture
def seen(temporal_server: Temporal, line: str) -> Callable[..., Any]:
    """What the doctor finds at the Temporal server, with these settings."""

    async def look(**settings: Any) -> list[DoctorFinding]:
        return await temporal.look(Settings(temporal_address=temporal_server.address, task_queue=line, **settings))

    return look


@pytest.fixture
async def working(temporal_server: Temporal, line: str) -> AsyncIterator[Callable[[str], Any]]:
    """A worker of a build on the test's queue, until the test ends."""
    async with AsyncExitStack() as running:

        async def start(build: str) -> None:
            worker = Worker(
                await connect(temporal_server.address, identity=build),
                task_queue=line,
                workflows=[BrokenWorkflow],
                build_id=build,
                workflow_runner=UnsandboxedWorkflowRunner(),
                activities=[nothing],
            )
            await running.enter_async_context(worker)

        yield start


async def test_a_server_that_does_not_answer() -> None:
    (only,) = await temporal.look(Settings(temporal_address="127.0.0.1:1"))
    assert (only.part, only.health) == ("Temporal", PartHealth.TROUBLE)
    assert "127.0.0.1:1" in only.words


async def test_a_namespace_that_is_not_there(seen: Callable[..., Any]) -> None:
    found = by_part(await seen(temporal_namespace="nowhere"))
    assert found["Temporal"].health is PartHealth.FINE
    assert found["namespace"].health is PartHealth.TROUBLE
    assert "'nowhere'" in found["namespace"].words
    assert "HANDRAIL_TEMPORAL_NAMESPACE" in found["namespace"].remedy


async def test_a_namespace_that_forgets_too_soon_and_knows_no_attributes(
    seen: Callable[..., Any], temporal_client: Client
) -> None:
    name = f"bare-{uuid4().hex[:8]}"
    kept = Duration()
    kept.FromTimedelta(timedelta(hours=24))
    await temporal_client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=kept)
    )

    async def there() -> Found | None:
        parts = {one.part: one for one in await seen(temporal_namespace=name)}
        return parts if "search attributes" in parts else None

    found = await wait_for(there)
    assert found["namespace"].health is PartHealth.NOTICE
    assert "24h, shorter than 72h" in found["namespace"].words
    assert f"--retention 72h --namespace {name}" in found["namespace"].remedy
    assert found["search attributes"].health is PartHealth.TROUBLE
    assert "--name CaseDueBy --type Datetime" in found["search attributes"].remedy


async def test_nobody_polls_then_a_worker_does_then_two_builds(
    seen: Callable[..., Any], working: Callable[[str], Any]
) -> None:
    nobody = [one for one in await seen() if one.part == "workers"]
    assert [one.health for one in nobody] == [PartHealth.TROUBLE] * 2
    assert all("cases wait" in one.words for one in nobody)

    async def polled(words: str) -> DoctorFinding | None:
        return next((one for one in await seen() if one.part == "workers" and words in one.words), None)

    await working("first")
    assert (await wait_for(lambda: polled("build first"))).health is PartHealth.FINE
    await working("second")
    both = await wait_for(lambda: polled("2 builds"))
    assert both.health is PartHealth.NOTICE
    assert "first, second" in both.words


async def test_a_limit_that_somebody_set_on_the_queue(
    seen: Callable[..., Any], working: Callable[[str], Any], temporal_client: Client, line: str
) -> None:
    await working("only")
    limit = UpdateTaskQueueConfigRequest.RateLimitUpdate(
        rate_limit=RateLimit(requests_per_second=0.5), reason="the vendor is slow."
    )
    await temporal_client.workflow_service.update_task_queue_config(
        UpdateTaskQueueConfigRequest(
            namespace=temporal_client.namespace,
            identity="ann",
            task_queue=line,
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            update_queue_rate_limit=limit,
            update_fairness_key_rate_limit_default=limit,
        )
    )

    async def told() -> list[DoctorFinding]:
        return [one for one in await seen() if one.part == "workers" and "gives out at most" in one.words]

    both = await wait_for(told)
    words = f"{line} gives out at most 0.5 activities a second{{}}, set by ann: the vendor is slow."
    assert [one.words for one in both] == [words.format(""), words.format(" for each customer")]
    assert {one.health for one in both} == {PartHealth.NOTICE}
    assert both[0].remedy.endswith(f"--task-queue {line} --task-queue-type activity --queue-rps-limit default")
    assert both[1].remedy.endswith("--fairness-key-rps-limit-default default")


async def test_a_run_that_fails_its_tasks(
    seen: Callable[..., Any], working: Callable[[str], Any], temporal_client: Client, line: str
) -> None:
    await working("only")
    handle = await temporal_client.start_workflow("broken", id=f"case-{uuid4().hex[:8]}", task_queue=line)

    async def told() -> DoctorFinding | None:
        return next((one for one in await seen() if one.part == "runs" and one.health is PartHealth.TROUBLE), None)

    try:
        assert handle.id in (await wait_for(told)).words
    finally:
        await handle.terminate()

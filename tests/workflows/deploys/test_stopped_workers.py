"""A worker that stops gives back the cases that it kept in memory: what comes for them next waits for no time-out."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType, TaskQueueKind
from temporalio.api.history.v1 import HistoryEvent

from handrail.wiring.deploys.changing import DeployOrder
from tests.support.house import House, quiet, wait_for
from tests.workflows.deploys.conftest import Line

ANN = DeployOrder("ann", "a release", wait=20)
PERSON = "I would like to talk to a real person, please."
STICKY = TaskQueueKind.TASK_QUEUE_KIND_STICKY


async def kept(line: Line, home: House) -> str:
    """A case that waits for a person, and whose run its worker keeps."""
    order = await home.order(status="delivered")
    case_id = (await home.open(order.customer_id, PERSON)).case_id
    await wait_for(lambda: quiet(line.client, case_id))
    return case_id


async def events(line: Line, case_id: str) -> list[HistoryEvent]:
    return list((await line.client.get_workflow_handle(f"case-{case_id}").fetch_history()).events)


def queues(found: list[HistoryEvent]) -> list[bool]:
    """Of each workflow task whether it was meant for the worker that keeps the run."""
    kind = EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return [one.workflow_task_scheduled_event_attributes.task_queue.kind == STICKY for one in found if one.event_type == kind]


def late(found: list[HistoryEvent]) -> list[HistoryEvent]:
    return [one for one in found if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT]


async def test_what_comes_while_nobody_polls_is_taken_by_the_worker_that_follows(line: Line) -> None:
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id = await kept(line, home)
    before = len(await events(line, case_id))
    await line.client.get_workflow_handle(f"case-{case_id}").signal("message", "Are you there?")
    async with line.worker("b1") as home:

        async def taken() -> bool:
            return len(await events(line, case_id)) > before + 2 and await quiet(line.client, case_id)

        await wait_for(taken)
    found = await events(line, case_id)
    assert any(queues(found)), "the case was kept in a worker's memory"
    assert late(found) == []


async def test_cases_of_a_build_that_is_stopped_go_on_in_the_next_at_once(line: Line) -> None:
    async with line.worker("b2"):
        async with line.worker("b1") as home:
            await line.changing("b1").promote("b1", ANN)
            case_id = await kept(line, home)
            await line.changing("b2").promote("b2", ANN)
        await line.client.get_workflow_handle(f"case-{case_id}").signal("message", "Are you there?")

        async def stepped() -> bool:
            return await line.build_of(case_id) == "b2" and await quiet(line.client, case_id)

        await wait_for(stepped)
    assert late(await events(line, case_id)) == []

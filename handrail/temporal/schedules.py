"""The Temporal Schedule that begins the business's day: made by a worker, mended where it differs, paused by people alone."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from handrail.background import SOON_SECONDS, Say
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.quality.days import DailyRun, DueRequest
from handrail.temporal.connect import Unreachable

WORKFLOW = "quality.daily"
EVERY = timedelta(minutes=15)
RUN_TIMEOUT = timedelta(hours=6)
"""A run that hangs is ended then, for the next one begins only behind it; what it did is recorded."""
LOOK_SECONDS = 900.0
_log = logging.getLogger("handrail.schedules")


class QualityFailed(HandrailError):
    """A step of the quality loop failed; it is tried again by itself."""


def schedule_id(task_queue: str) -> str:
    """Return the id of the schedule for the workers of a task queue."""
    return f"handrail-quality-{task_queue}"


def wanted(task_queue: str) -> Schedule:
    """Return the schedule as it is to be: every quarter of an hour in UTC, so that no clock change loses a day."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            id=f"quality-{task_queue}",
            task_queue=task_queue,
            run_timeout=RUN_TIMEOUT,
            static_summary="What is due of the quality loop",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=EVERY),
    )


async def ensure(client: Client, task_queue: str) -> None:
    """Make the schedule, or mend the one that is there; whether it is paused stays as people left it.

    Raises:
        RPCError: the server does not answer, or this worker may not.
    """
    try:
        await client.create_schedule(schedule_id(task_queue), wanted(task_queue))
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(schedule_id(task_queue))
        if not _same((await handle.describe()).schedule, wanted(task_queue)):
            _log.warning("the schedule %s is not as it should be; it is mended", handle.id)
            await handle.update(lambda found: _mended(found, task_queue))


def _mended(found: ScheduleUpdateInput, task_queue: str) -> ScheduleUpdate:
    schedule = wanted(task_queue)
    schedule.state = found.description.schedule.state
    return ScheduleUpdate(schedule=schedule)


def _same(found: Schedule, right: Schedule) -> bool:
    """Compare what counts: when it fires, what it starts and where, and what happens if one still runs."""
    action, expected = found.action, right.action
    if not isinstance(action, ScheduleActionStartWorkflow) or not isinstance(expected, ScheduleActionStartWorkflow):
        return False
    spec = found.spec
    return (
        [each.every for each in spec.intervals] == [each.every for each in right.spec.intervals]
        and not any(each.offset for each in spec.intervals)
        and not (spec.calendars or spec.cron_expressions or spec.skip or spec.start_at or spec.end_at or spec.jitter)
        and (action.workflow, action.task_queue, list(action.args)) == (expected.workflow, expected.task_queue, [])
        and action.id == expected.id
        and action.run_timeout == expected.run_timeout
        and found.policy == right.policy
    )


async def in_words(client: Client, task_queue: str) -> str:
    """Say how the schedule stands. Raises: RPCError: the server does not answer."""
    try:
        found = await client.get_schedule_handle(schedule_id(task_queue)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return f"there is no schedule {schedule_id(task_queue)}: no worker of {task_queue} has run, or none may make it"
    state = found.schedule.state
    if state.paused:
        return f"paused{f': {state.note}' if state.note else ''}. Unpause {schedule_id(task_queue)} in Temporal"
    times = found.info.next_action_times
    return f"next at {times[0]:%Y-%m-%d %H:%M} UTC" if times else "fires no more"


async def run_now(client: Client, task_queue: str, asked: DueRequest, patience: timedelta) -> DailyRun:
    """Run what is due of one day now, and wait; where that runs already, wait for it.

    Raises:
        InvalidInput: the day has not ended, or there is no such step.
        QualityFailed: a step failed.
        Unreachable: no worker did it in time; it goes on.
    """
    handle = await client.start_workflow(
        WORKFLOW,
        asked,
        id="-".join(map(str, filter(None, ("quality", task_queue, asked.day or "now", asked.step)))),
        task_queue=task_queue,
        run_timeout=RUN_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=DailyRun,
        static_summary=f"Quality of {asked.day or 'what is due'}",
    )
    try:
        async with asyncio.timeout(patience.total_seconds()):
            found: DailyRun = await handle.result()
            return found
    except TimeoutError:
        words = f"It is not done after {patience.total_seconds():g} s and goes on: workflow {handle.id}. Does a worker run?"
        raise Unreachable(words) from None
    except WorkflowFailureError as error:
        raise _failure(error) from None


def _failure(error: WorkflowFailureError) -> HandrailError:
    cause = error.cause.cause if isinstance(error.cause, ActivityError) else error.cause
    if isinstance(cause, ApplicationError) and cause.type == InvalidInput.__name__:
        return InvalidInput(cause.message)
    return QualityFailed(str(getattr(cause, "message", "") or cause or error))


async def forever(client: Client, task_queue: str, say: Say) -> None:
    """See to the schedule every quarter of an hour, until cancelled, and `say` how it goes.

    A worker that may not goes on without: `handrail quality run` does a day by hand.
    """
    while True:
        pause = LOOK_SECONDS
        try:
            await ensure(client, task_queue)
            say(None)
        except RPCError as error:
            pause = SOON_SECONDS
            say(f"cannot see to the schedule {schedule_id(task_queue)}: {error.status.name}: {error.message}")
            _log.warning("cannot see to the schedule %s: %s", schedule_id(task_queue), error.message)
        await asyncio.sleep(pause)

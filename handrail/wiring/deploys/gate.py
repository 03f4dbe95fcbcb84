"""The replay gate: this build replays recorded histories, and those of cases that are open now, before it gets any case."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner, WorkflowRunner

from handrail.domain.rollout.deploys import ReplayCheck, ReplayFailure
from handrail.redaction.values import by_code
from handrail.temporal.cases.executions import Execution, executions, paused_runs
from handrail.temporal.converter import data_converter
from handrail.temporal.worker.announcing import AnnouncingRunner
from handrail.temporal.worker.interceptors import Guards
from handrail.wiring.connecting import silent
from workflows.case import CaseWorkflow

HISTORIES = Path(__file__).parent / "histories"
SAMPLE = 200
"""Open cases that are replayed unless another number is asked for; a history is small, and a hundred take a few seconds."""
TOGETHER = 16
WORDS = 400
MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
CASES = "WorkflowType = 'case' AND TaskQueue = '{queue}'"


async def replay_check(
    client: Client, build_id: str, task_queue: str, sample: int = SAMPLE, guards: Guards | None = None
) -> ReplayCheck:
    """Replay the recorded histories and `sample` of the open cases, spread evenly from the newest to the oldest.

    Raises:
        RPCError: Temporal does not answer.
    """
    began = time.monotonic()
    recorded = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HISTORIES.glob("*.json"))}
    cases = CASES.format(queue=task_queue)
    running = [one async for one in executions(client, f"{cases} AND ExecutionStatus = 'Running'")]
    running += await paused_runs(client, cases)  # whoever unpauses one has it replayed
    chosen = spread(running, sample)
    fetched = await _histories(client, chosen)
    given = {name: WorkflowHistory.from_json(workflow_id(text), text) for name, text in recorded.items()}
    failures = await replayed({**given, **fetched}, guards=guards, converter=client.data_converter)
    return ReplayCheck(
        build_id=build_id,
        recorded=len(recorded),
        cases=len(fetched),
        open_cases=len(running),
        seconds=round(time.monotonic() - began, 2),
        failures=[ReplayFailure(history=name, words=words) for name, words in failures.items()],
    )


def spread(running: Sequence[Execution], sample: int) -> list[Execution]:
    """Return so many of the runs, evenly from the first to the last."""
    if len(running) <= sample:
        return list(running)
    return [running[place * len(running) // sample] for place in range(sample)]


async def replayed(
    histories: Mapping[str, WorkflowHistory],
    runner: WorkflowRunner | None = None,
    *,
    guards: Guards | None = None,
    around: Sequence[Interceptor] = (),
    converter: DataConverter = data_converter,
) -> dict[str, str]:
    """Replay the histories by their names, in `runner` or as a worker runs them; return what failed, in words.

    More interceptors may stand `around` the guards.
    """
    names = {history.run_id: name for name, history in histories.items()}

    async def all_of_them() -> AsyncIterator[WorkflowHistory]:
        for history in histories.values():
            yield history

    replayer = Replayer(
        workflows=[CaseWorkflow],
        interceptors=[*around, guards or Guards(by_code())],
        workflow_runner=AnnouncingRunner(runner or UnsandboxedWorkflowRunner()),
        build_id="replay",
        runtime=silent(),
        data_converter=converter,
    )
    results = await replayer.replay_workflows(all_of_them(), raise_on_replay_failure=False)
    return {names[run_id]: in_words(failure) for run_id, failure in results.replay_failures.items()}


def in_words(failure: Exception) -> str:
    """Return the message within what the SDK's core prints of a failure: at which event, and how, a run goes another way."""
    text = str(failure)
    found = MESSAGE.search(text)
    return " ".join((found[1] if found else text).replace('\\"', '"').split())[:WORDS]


def workflow_id(text: str) -> str:
    """Return the workflow's id, as the first event of a history tells."""
    started: dict[str, Any] = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    return str(started["workflowId"])


async def _histories(client: Client, chosen: Sequence[Execution]) -> dict[str, WorkflowHistory]:
    """Fetch the histories by the workflow's id; none of a case that is gone meanwhile, or was reset to its beginning."""
    places = asyncio.Semaphore(TOGETHER)

    async def fetch(one: Execution) -> WorkflowHistory | None:
        async with places:
            try:
                return await client.get_workflow_handle(one.workflow_id, run_id=one.run_id).fetch_history()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None

    found = await asyncio.gather(*map(fetch, chosen))
    return {
        one.workflow_id: history
        for one, history in zip(chosen, found, strict=True)
        if history is not None and not begins_anew(history)
    }


def begins_anew(history: WorkflowHistory) -> bool:
    """Return whether the run was reset to its very first task.

    The replayer gives such a run the id of the one that was cut off, by which its code tells a reset: what a worker replays
    without a difference fails there.
    """
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            return False
        failed = event.workflow_task_failed_event_attributes
        if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
            return True
    return False

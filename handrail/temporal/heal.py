"""Cases whose run no longer fits the code that is deployed: begun again from the memory that the run started with.

A turn that was in progress when an edited graph was deployed cannot always be replayed; its workflow task then fails for
ever. Nothing is lost by beginning the run again: every run starts from a parked memory, messages and decisions that came
meanwhile are applied again, and an effect keeps its id, so the ledger gives its first answer. Only where the agent might
now propose something else than what it was already allowed to do or to say, a person takes the case instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.temporal.executions import executions

STUCK = "TemporalReportedProblems = 'cause=WorkflowTaskFailedCauseNonDeterministicError'"
HAND_OVER = "request_human"
BEGUN_AGAIN = "graph_changed"
AGENT = "case.agent"
REPEATABLE = (AGENT, "record.commit", "people.identify", "people.permit")
EVERY_SECONDS = 15.0

_log = logging.getLogger("handrail.heal")


class Remedy(StrEnum):
    """What was done with a stuck case."""

    BEGUN_AGAIN = "begun again"
    TO_A_PERSON = "begun again, for a person"
    LEFT = "left: it was begun again before"
    REFUSED = "left: the server would not begin it again"


@dataclass(frozen=True, slots=True)
class Healed:
    """A stuck run and what became of it."""

    workflow_id: str
    run_id: str
    remedy: Remedy


class Healer:
    """Looks for stuck cases of one task queue. Several may run side by side: a run is reset once, by its id."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._queue = task_queue
        self._left: dict[tuple[str, str], Healed] = {}

    async def forever(self, every: float = EVERY_SECONDS) -> None:
        """Look every so many seconds, until cancelled. A server that is away is asked again."""
        while True:
            try:
                await self.once()
            except RPCError as error:
                _log.warning("cannot look for stuck cases: %s", error.message)
            await asyncio.sleep(every)

    async def once(self) -> list[Healed]:
        """Every stuck case, seen to."""
        query = f"WorkflowType = 'case' AND TaskQueue = '{self._queue}' AND ExecutionStatus = 'Running' AND {STUCK}"
        stuck = [(found.workflow_id, found.run_id) async for found in executions(self._client, query)]
        # A run for which nothing can be done was said once; its history is not fetched again and again.
        self._left = {run: healed for run, healed in self._left.items() if run in stuck}
        seen_to: list[Healed] = []
        for run in stuck:
            healed = self._left.get(run) or await self._tried(*run)
            if healed is None:
                continue
            seen_to.append(healed)
            if healed.remedy in (Remedy.LEFT, Remedy.REFUSED):
                self._left[run] = healed
        return seen_to

    async def _tried(self, workflow_id: str, run_id: str) -> Healed | None:
        """What was done, None where it failed: the next round tries again, and the others have their turn in this one."""
        try:
            return await self._heal(workflow_id, run_id)
        except Exception:  # noqa: BLE001 - the others go on
            _log.exception("%s is stuck in run %s and could not be looked at", workflow_id, run_id)
            return None

    async def _heal(self, workflow_id: str, run_id: str) -> Healed:
        history = await self._client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        remedy = remedy_for(history.events)
        if remedy is Remedy.LEFT:
            _log.error("%s is stuck in run %s though it was begun again; it needs an engineer", workflow_id, run_id)
            return Healed(workflow_id, run_id, remedy)
        try:
            await self._reset(workflow_id, run_id, first_task(history.events), remedy)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            _log.error("%s is stuck in run %s and cannot be reset; it needs an engineer: %s", workflow_id, run_id, error)
            return Healed(workflow_id, run_id, Remedy.REFUSED)
        _log.warning("%s was stuck in run %s: %s", workflow_id, run_id, remedy)
        return Healed(workflow_id, run_id, remedy)

    async def _reset(self, workflow_id: str, run_id: str, event_id: int, remedy: Remedy) -> None:
        if remedy is Remedy.TO_A_PERSON:
            # The stuck run only keeps it; the reset applies it to the new run before that does anything.
            stuck = self._client.get_workflow_handle(workflow_id, run_id=run_id)
            await stuck.signal(HAND_OVER, {"reason": BEGUN_AGAIN})
        await self._client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                reason=f"The graph was edited during a turn: {remedy}.",
                workflow_task_finish_event_id=event_id,
                request_id=f"heal-{run_id}",
                identity=self._client.identity,
            )
        )


def first_task(events: Sequence[HistoryEvent]) -> int:
    """The event at which the run's first workflow task began."""
    return next(one.event_id for one in events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)


def remedy_for(events: Sequence[HistoryEvent]) -> Remedy:
    """Once in full; a second time, or where something may have left the house that the agent proposed, to a person."""
    if not any(_reset(one) for one in events):
        return Remedy.BEGUN_AGAIN if repeatable(activities(events)) else Remedy.TO_A_PERSON
    return Remedy.LEFT if any(_handed_over(one) for one in events) else Remedy.TO_A_PERSON


def repeatable(names: Sequence[str]) -> bool:
    """Whether nothing but model calls, look-ups and notes came after the run's first model call.

    What came before it was decided on before the run began: it is proposed again under the same ids.
    """
    return AGENT not in names or set(names[names.index(AGENT) :]) <= set(REPEATABLE)


def activities(events: Sequence[HistoryEvent]) -> list[str]:
    """The names of the activities, in the order in which they were asked for."""
    return [
        one.activity_task_scheduled_event_attributes.activity_type.name
        for one in events
        if one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]


def _reset(event: HistoryEvent) -> bool:
    cause = event.workflow_task_failed_event_attributes.cause
    return cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW


def _handed_over(event: HistoryEvent) -> bool:
    attributes = event.workflow_execution_signaled_event_attributes
    return attributes.signal_name == HAND_OVER and BEGUN_AGAIN.encode() in b"".join(
        one.data for one in attributes.input.payloads
    )

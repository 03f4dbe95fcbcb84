"""The runs of a case: closed, found whatever lists say, deleted, and looked for until none is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, RPCError
from temporalio.service import RPCStatusCode

from handrail.domain.errors import IllegalTransition, UnknownCase
from handrail.domain.personal.forgetting import NotGone
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import OPEN, described, execution, executions
from handrail.temporal.cases.updates import workflow_id

PAUSE_SECONDS, REPEAT_SECONDS = 0.2, 5.0


class TemporalRuns:
    """The port `PersonalRuns`. Raises: RPCError while the server is away."""

    def __init__(self, client: Client, cases: CaseClient) -> None:
        self._client = client
        self._cases = cases

    async def close(self, case_id: str, seconds: float) -> None:
        """See `ports.personal`: by the case itself, so that nothing is being written when it ends."""
        try:
            await self._cases.close(case_id)
        except (UnknownCase, IllegalTransition):
            return
        words = f"Case {case_id} did not close within {seconds:g} s. Is a worker running? The same command goes on from here."
        await until(lambda: self._ended(case_id), seconds, words)

    async def delete(self, workflow_id: str, seconds: float) -> int:
        """See `ports.personal`. A run that is left, or comes meanwhile, is asked for again."""
        known: set[str] = set()
        asked: dict[str, float] = {}
        now = asyncio.get_running_loop().time

        async def gone() -> bool:
            left = await self._runs(workflow_id, known)
            known.update(left)
            for run_id in left:
                if asked.get(run_id, 0.0) < now() - REPEAT_SECONDS:
                    asked[run_id] = now()
                    await self._delete(workflow_id, run_id)
            return not left

        words = f"Temporal still holds runs of {workflow_id} after {seconds:g} s. The same command goes on from here."
        await until(gone, seconds, words)
        return len(known)

    async def _ended(self, case_id: str) -> bool:
        try:
            found = await execution(self._client, workflow_id(case_id))
        except RPCError as error:
            return missing(error)
        return found.standing not in OPEN

    async def _runs(self, of: str, known: set[str]) -> set[str]:
        """Every run that is found: by list, by description, by the chain backwards, and among those known before."""
        listed = {one.run_id async for one in executions(self._client, f"WorkflowId = '{of}'")}
        found = set(listed)
        try:
            newest: str | None = (await described(self._client, of)).workflow_execution_info.execution.run_id
        except RPCError as error:
            if not missing(error):
                raise
            newest = None
        waiting = {newest, *listed, *known} - {None}
        looked: set[str] = set()
        while waiting:
            run_id = str(waiting.pop())
            looked.add(run_id)
            there, before = await self._before(of, run_id)
            if there:
                found.add(run_id)
            if before and before not in looked:
                waiting.add(before)
        return found

    async def _before(self, of: str, run_id: str) -> tuple[bool, str]:
        """Return whether the run has a history, and the run that it goes on from."""
        request = GetWorkflowExecutionHistoryRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=of, run_id=run_id),
            maximum_page_size=1,
        )
        try:
            answer = await self._client.workflow_service.get_workflow_execution_history(request, retry=True)
        except RPCError as error:
            if missing(error):
                return False, ""
            raise
        if not answer.history.events:
            return False, ""
        begun = answer.history.events[0].workflow_execution_started_event_attributes
        return True, begun.continued_execution_run_id

    async def _delete(self, of: str, run_id: str) -> None:
        request = DeleteWorkflowExecutionRequest(
            namespace=self._client.namespace, workflow_execution=WorkflowExecution(workflow_id=of, run_id=run_id)
        )
        try:
            await self._client.workflow_service.delete_workflow_execution(request, retry=True)
        except RPCError as error:
            if not missing(error):
                raise


def missing(error: RPCError) -> bool:
    """Return whether the server holds no such run."""
    return error.status is RPCStatusCode.NOT_FOUND


async def until(done: Callable[[], Awaitable[bool]], seconds: float, words: str) -> None:
    """Wait until it is so. Raises: NotGone: it was not in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not await done():
        if asyncio.get_running_loop().time() >= end:
            raise NotGone(words)
        await asyncio.sleep(PAUSE_SECONDS)

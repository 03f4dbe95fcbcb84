"""Cases whose run no longer fits the code that is deployed: a person gets them, out of their record.

Nodes stand in no history, so editing a graph strands nobody. Code of the workflow itself may, where it was changed without
`workflow.patched`, and so does a run in the middle of a turn that a build from before the journal began. Such a run fails its
workflow task for ever. What was said, decided and done stands in the record and the ledger; a fresh run reads both, takes
over the messages that only the stranded one had heard, and hands the case to a person.
"""

from __future__ import annotations

import asyncio
import logging
import time

from temporalio.client import Client
from temporalio.service import RPCError

from handrail.background import Say, silent
from handrail.temporal.cases.executions import Execution, execution, executions
from handrail.temporal.repair.reconcile import Reconciler

STUCK = "TemporalReportedProblems = 'cause=WorkflowTaskFailedCauseNonDeterministicError'"
EVERY_SECONDS = 15.0
GRACE_SECONDS = 60.0
"""A deployment that is taken back within this time strands nobody."""

_log = logging.getLogger("handrail.heal")


class Healer:
    """Looks for stranded cases of one task queue. Several may run side by side: a run is replaced once, by its id."""

    def __init__(self, client: Client, reconciler: Reconciler, task_queue: str, grace: float = GRACE_SECONDS) -> None:
        self._client, self._reconciler, self._queue, self._grace = client, reconciler, task_queue, grace
        self._since: dict[str, float] = {}

    async def forever(self, every: float = EVERY_SECONDS, say: Say = silent) -> None:
        """Look every so many seconds, until cancelled, and `say` how it goes. A server that is away is asked again."""
        while True:
            try:
                await self.once()
                say(None)
            except RPCError as error:
                _log.warning("cannot look for stranded cases: %s", error.message)
                say(f"cannot look for stranded cases: {error.message}")
            await asyncio.sleep(every)

    async def once(self) -> list[str]:
        """The ids of the cases that were given to a person in this look."""
        query = f"WorkflowType = 'case' AND TaskQueue = '{self._queue}' AND ExecutionStatus = 'Running' AND {STUCK}"
        stuck = [one async for one in executions(self._client, query)]
        now = time.monotonic()
        self._since = {one.run_id: self._since.get(one.run_id, now) for one in stuck}
        return [one.case_id for one in stuck if now - self._since[one.run_id] >= self._grace and await self._seen_to(one)]

    async def _seen_to(self, run: Execution) -> bool:
        """Give the run's case to a person, and return whether that worked; after a failure the next look tries again."""
        try:
            newest = await execution(self._client, run.workflow_id)
            if newest.run_id != run.run_id or not newest.open:
                return False
            await self._reconciler.strand(newest)
        except Exception:  # noqa: BLE001 - the others go on
            _log.exception("%s is stranded in run %s and could not be seen to", run.workflow_id, run.run_id)
            return False
        _log.warning("%s was stranded in run %s; a person gets it out of its record", run.workflow_id, run.run_id)
        return True

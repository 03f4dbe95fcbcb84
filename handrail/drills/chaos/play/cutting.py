"""Workers that lose Temporal while an effect of theirs is on its way to PostgreSQL, and whose case others take meanwhile."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from psycopg import OperationalError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.service import RPCError

from handrail.drills.chaos.invariants.effects import TAKEN
from handrail.drills.chaos.plan import FaultyPart
from handrail.drills.chaos.play.acting import PlannedConversation
from handrail.drills.chaos.proxy import Catch, NetworkFault
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.drills.chaos.stack import RELIEF, ChaosStack
from handrail.drills.queries import read
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import described
from handrail.temporal.cases.updates import workflow_id

LOOK = 0.1
COMING = 120.0
"""Seconds in which an effect of the case comes."""
PATIENCE = 55.0
"""Seconds in which the case is taken: less than PostgreSQL waits for a transaction in which nobody says anything."""
IDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class CutOff:
    """One cut: the effect that the conversation comes to is held, and let go once the case is with a person or closed."""

    stack: ChaosStack
    conversation: PlannedConversation
    tell: Callable[[str], None]

    async def play(self, *, closes: bool) -> bool:
        """Hold the effect, have the case taken, cut the workers off and another begin, and let it go; all is healed then.

        Returns whether it came about.

        Raises:
            StackFailed: the other worker would not start.
        """
        holding = asyncio.create_task(self.conversation.hold())
        try:
            came = await self._late(closes=closes)
            await holding
            return came
        finally:
            holding.cancel()

    async def _late(self, *, closes: bool) -> bool:
        line, catch = self.stack.lines[FaultyPart.POSTGRES], Catch(self._begins)
        line.catch = catch
        try:
            async with asyncio.timeout(COMING):
                await catch.caught.wait()
            async with asyncio.timeout(PATIENCE):
                status = await self._others(closes=closes)
            self.tell(f"an effect of {self.conversation.case_id} comes late: the case is {status}")
            return True
        except TimeoutError:
            self.tell("no effect came late: " + ("nobody took its case" if catch.caught.is_set() else "none was begun"))
            return False
        finally:
            line.catch = None
            catch.release()
            await self._answered()
            self.stack.lines[FaultyPart.TEMPORAL].heal()

    async def _others(self, *, closes: bool) -> str:
        """Have the case taken while its turn is under way, by a worker that comes for those that are cut off."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.stack.parts.begin(RELIEF))
            await self._wanted(closes=closes)
            self.stack.lines[FaultyPart.TEMPORAL].hurt(NetworkFault.RESET)
            await self._unstuck()
            return await self._taken()

    async def _begins(self, sent: bytes) -> bool:
        """Return whether the bytes are about an effect of the case that is allowed and not made."""
        ids = {one.decode() for one in IDS.findall(sent)}
        try:
            wanted = {"case_id": self.conversation.case_id, "effect_ids": list(ids)}
            return bool(ids) and bool(await read(self.stack.pool, "chaos_due_effects", **wanted))
        except OperationalError:
            return False

    async def _wanted(self, *, closes: bool) -> None:
        """Have the case end, or be a person's, and wait until its turn is to stop."""
        case_id, cases = self.conversation.case_id, CaseClient(self.stack.client)
        await (cases.close(case_id) if closes else cases.request_human(case_id))
        stops = PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
        while True:
            with suppress(RPCError):
                about = await described(self.stack.client, workflow_id(case_id))
                if any(one.state == stops for one in about.pending_activities):
                    return
            await asyncio.sleep(LOOK)

    async def _unstuck(self) -> None:
        """Offer the case to whoever comes: it would wait for those that had it, longer than the drill has."""
        run = WorkflowExecution(workflow_id=workflow_id(self.conversation.case_id))
        wanted = ResetStickyTaskQueueRequest(namespace=self.stack.client.namespace, execution=run)
        await self.stack.client.workflow_service.reset_sticky_task_queue(wanted)

    async def _taken(self) -> str:
        """Return the status of the case once the record says that no turn has it."""
        while True:
            with suppress(OperationalError):
                status = (await PostgresEvidence(self.stack.pool).statuses()).get(self.conversation.case_id, "")
                if status in TAKEN:
                    return status
            await asyncio.sleep(LOOK)

    async def _answered(self) -> None:
        """Wait until the transactions that were open are over, or for long, and tell of that."""
        moment, deadline = await PostgresEvidence(self.stack.pool).now(), time.monotonic() + PATIENCE
        while await read(self.stack.pool, "chaos_open_transactions", before=moment):
            if time.monotonic() > deadline:
                self.tell("the effect that came late is not answered")
                return
            await asyncio.sleep(LOOK)

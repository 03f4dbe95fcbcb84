"""A switch that is thrown for one topic in the middle of the load, through whatever outage, and lifted again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from psycopg import OperationalError

from handrail.domain.autonomy.controls import ControlRequest, Hand, Scope, ScopeKind
from handrail.domain.autonomy.topics import Autonomy
from handrail.drills.chaos.plan import PlannedSwitch
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.shop import business

ACTOR = "handrail chaos"
PAUSE = 0.2
PATIENCE = 60.0
LASTING = timedelta(hours=1)


@dataclass
class PlannedThrow:
    """Throws the switch of a plan; `thrown` is set once it holds."""

    pool: Pool
    plan: PlannedSwitch
    tell: Callable[[str], None]
    thrown: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, began: float, under_it: Sequence[str]) -> None:
        """Switch the topic off and on at their moments, on not before the cases `under_it` were worked on."""
        await asyncio.sleep(max(0.0, began + self.plan.off - time.monotonic()))
        await self._put(Autonomy.OFF, LASTING)
        self.thrown.set()
        await asyncio.sleep(max(0.0, began + self.plan.on - time.monotonic()))
        await self._worked_on(under_it)
        await self._put(Autonomy.AUTO, None)

    async def _put(self, level: Autonomy, lasting: timedelta | None) -> None:
        """Set the control; a database that is away is asked again."""
        scope = Scope(kind=ScopeKind.TOPIC, name=self.plan.topic)
        wanted = ControlRequest(
            scope=scope, level=level, hand=Hand.DRILL, reason="a drill under faults", actor=ACTOR, lasting=lasting
        )
        while True:
            try:
                await PostgresControls(self.pool, business).put(wanted)
                break
            except OperationalError:
                await asyncio.sleep(PAUSE)
        self.tell(f"topic {self.plan.topic}: {level}")

    async def _worked_on(self, case_ids: Sequence[str]) -> None:
        """Wait until the agent has left these cases; for long, and not for ever."""
        evidence, deadline = PostgresEvidence(self.pool), time.monotonic() + PATIENCE
        left = list(case_ids)
        while left and time.monotonic() < deadline:
            with suppress(OperationalError):
                left = [one for one in left if not await evidence.left_working(one)]
            await asyncio.sleep(PAUSE)

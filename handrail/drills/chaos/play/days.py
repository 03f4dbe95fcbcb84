"""Days of the business that end in the middle of the load and behind it: each is drawn from, scored and judged by a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg import OperationalError
from temporalio.service import RPCError

from handrail.domain.quality.days import DueRequest, QualityDay
from handrail.drills.bench.stack.side import CASES
from handrail.drills.chaos.play.acting import PATIENCE
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.drills.chaos.stack import ChaosStack
from handrail.postgres.quality.days import PostgresDays
from handrail.temporal.connect import Unreachable
from handrail.temporal.schedules import QualityFailed, run_now

PAUSE = 0.5
FIRST = timedelta(days=9)
"""So long ago is the date of the drill's first day: it has ended in every time zone, and its limits are the drill's own."""
BEGUN = "the drill ended this day"


@dataclass
class EndedDays:
    """Ends a day at each moment of the plan, and the last one behind the load. `since` is when the first began."""

    stack: ChaosStack
    moments: list[float]
    since: datetime
    tell: Callable[[str], None]
    ended: list[QualityDay] = field(default_factory=list)

    async def play(self, began: float) -> None:
        """End the days of the plan, in seconds from `began`."""
        for moment in self.moments:
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            await self.end()

    async def end(self) -> None:
        """End a day now, and have it looked at, through whatever outage; after long it is left as it is."""
        deadline, day = time.monotonic() + PATIENCE, None
        while time.monotonic() < deadline:
            try:
                day = day or await self._begun()
                await run_now(self.stack.client, CASES, DueRequest(day=day.day), timedelta(seconds=PATIENCE))
                self.tell(f"day {len(self.ended)} is looked at")
            except (OperationalError, RPCError, QualityFailed, Unreachable):
                await asyncio.sleep(PAUSE)
            else:
                return

    async def _begun(self) -> QualityDay:
        """Note a day that ends now: one that was begun keeps its limits. Raises: OperationalError: the database is away."""
        now = await PostgresEvidence(self.stack.pool).now()
        since = self.ended[-1].until if self.ended else self.since
        day = QualityDay(day=(self.since - FIRST).date() + timedelta(days=len(self.ended)), since=since, until=now)
        await PostgresDays(self.stack.pool).fail(day, "sample", now, BEGUN)
        self.ended.append(day)
        return day

"""Queries of a drill: what the agent let out and when, by the database's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handrail.drills.kill_switch.outcome import CaseReading, Output
from handrail.drills.queries import read
from handrail.postgres.pool import Pool


class PostgresReadings:
    """Reads only. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """The database's clock."""
        (found,) = await self._all("database_time")
        return datetime.fromisoformat(str(found["now"]))

    async def outputs(self, since: datetime) -> list[Output]:
        """Effects and replies of the agent since a moment, on whatever case."""
        return [Output.model_validate(row) for row in await self._all("machine_output", since=since)]

    async def cases(self, case_ids: Sequence[str]) -> list[CaseReading]:
        """Read the statuses of these cases; those that are not recorded yet are missing."""
        return [CaseReading.model_validate(row) for row in await self._all("statuses", case_ids=list(case_ids))]

    async def heard_from_people(self, case_id: str, since: datetime) -> bool:
        """Return whether a person's words to the customer were recorded since a moment."""
        (found,) = await self._all("said_by_people", case_id=case_id, since=since)
        return bool(found["said"])

    async def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await read(self._pool, query, **parameters)

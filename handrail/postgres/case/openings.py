"""Starts that were not plain, and messages that no case could take, as they came, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handrail.domain.base import Stored
from handrail.domain.case.messages import parts_of
from handrail.domain.case.openings import Incoming
from handrail.postgres.case import steps
from handrail.postgres.pool import Pool, reading, rows, writing
from handrail.postgres.queries import QUERIES


class RefusedOpening(Stored):
    """A start that could not become a case, or a message that its case could not take; nobody has seen to it."""

    workflow_id: str
    run_id: str
    at: datetime
    words: str
    input: str


class PostgresOpenings:
    """The port `Openings`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, incoming: Incoming) -> None:
        """Record how it came, and the parts of a long first message; again changes nothing. The case itself must stand."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["save_opening"], incoming.model_dump(mode="json", exclude={"rest", "message_id"}))
            said = parts_of(incoming.workflow_id, incoming.rest, at=incoming.at, of=incoming.message_id, sequence=1)
            if incoming.case_id is not None and said:
                await steps.save_messages(connection, incoming.case_id, said)

    async def refused(self, limit: int = 50) -> list[RefusedOpening]:
        """Read the refused openings that wait for somebody, the oldest first."""
        return await self._all("refused_openings", limit=limit)

    async def settle(self, workflow_id: str, by: str, at: datetime) -> list[RefusedOpening]:
        """Note that somebody has seen to the opening, and return it; nothing where none waits."""
        return await self._all("settle_opening", workflow_id=workflow_id, by=by, at=at)

    async def of_case(self, case_id: str) -> RefusedOpening | None:
        """Read how the case was opened, where that was not plain."""
        found = await self._all("opening_of_case", case_id=case_id)
        return found[0] if found else None

    async def _all(self, query: str, **parameters: Any) -> list[RefusedOpening]:
        place = writing if query.startswith("settle") else reading
        async with place(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], parameters, prepare=False)
            return [RefusedOpening.model_validate(row) for row in await cursor.fetchall()]

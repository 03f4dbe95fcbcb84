"""Events of cases in PostgreSQL: written by triggers in the transactions of the record, read here."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from handrail.domain.case.events import CaseEvent
from handrail.postgres.pool import Pool, alone, listen


class PostgresEvents:
    """The port `CaseEvents`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_case(self, case_id: str, after: int, most: int) -> list[CaseEvent]:
        """Read the case's events behind the sequence `after`, with the words of messages; none for an unknown case."""
        found = await alone(self._pool, "events_of_case", case_id=case_id, after=after, most=most)
        return [CaseEvent.model_validate(row) for row in found]

    async def since(self, position: int, most: int) -> list[CaseEvent]:
        """Read the events of all cases behind the position, without anybody's words."""
        return [CaseEvent.model_validate(row) for row in await alone(self._pool, "events_since", position=position, most=most)]

    async def newest(self) -> int:
        """Return the newest position, 0 where nothing has happened."""
        return int((await alone(self._pool, "newest_event"))[0]["position"])

    async def changed(self, position: int) -> dict[str, int]:
        """Return the cases with events behind the position, each with its newest position."""
        return {row["case_id"]: row["position"] for row in await alone(self._pool, "cases_with_events", position=position)}


async def announced(url: str) -> AsyncGenerator[list[str], None]:
    """Yield the ids of cases with new events at their commit; an empty list once this listens, and after a silence.

    A commit that touches very many cases announces an empty id.

    Raises:
        psycopg.OperationalError: the server is away.
    """
    async with aclosing(listen(url, "listen_events")) as listening:
        async for heard in listening:
            yield [one.payload for one in heard]

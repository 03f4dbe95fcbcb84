"""Figures of the record that somebody watches: what waits, what is late, what was given up, what is switched off."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.domain.mail import PACED
from handrail.domain.quality.days import STEPS
from handrail.postgres.health import takes_writes
from handrail.postgres.pool import Pool, looking, rows
from handrail.postgres.queries import QUERIES

Read = Mapping[str, Mapping[str, float]]
"""Values by the figure's name and the value of its one label, which is empty where it has none."""


class PostgresFigures:
    """Reads all of them in one statement, on a connection that cannot write, where others can."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self) -> Read:
        """Return the figures as they are now. Raises: psycopg.OperationalError: the server is away, or takes no writes."""
        await takes_writes(self._pool)
        found: dict[str, dict[str, float]] = {}
        async with looking(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["seen_figures"], {"steps": len(STEPS), "paced": PACED})
            for row in await cursor.fetchall():
                found.setdefault(row["figure"], {})[row["label"]] = float(row["value"])
        return found

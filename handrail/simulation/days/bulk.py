"""A simulated day in bulk: `COPY` into the tables that real cases are written to, with the record's own triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from handrail.postgres.pool import Pool, writing
from handrail.postgres.queries import Queries

QUERIES = Queries(Path(__file__).parents[1] / "sql")
STAGED = ("cases", "approvals", "actions")
"""Rows that may stand already: they go through a table of the transaction's own."""
PLAIN = ("messages", "audit", "ratings")
MOVED = ("move_controls", "move_standing", "move_steps")
Rows = Mapping[str, Sequence[tuple[Any, ...]]]


async def lay_out(pool: Pool) -> None:
    """Prepare a migrated database for simulated time."""
    async with writing(pool) as connection:
        await connection.execute(QUERIES["lay_out_simulation"], prepare=False)


async def write_day(pool: Pool, rows: Rows) -> None:
    """Write a day's rows in one transaction, and bring the kept outcomes up to date."""
    async with writing(pool) as connection, connection.cursor() as cursor:
        for table in STAGED:
            await cursor.execute(QUERIES[f"stage_{table}"], prepare=False)
        for table in (*STAGED, *PLAIN):
            if table in PLAIN:
                continue
            async with cursor.copy(QUERIES[f"copy_{table}"]) as copy:
                for row in rows.get(table, ()):
                    await copy.write_row(row)
            await cursor.execute(QUERIES[f"take_{table}"], prepare=False)
        for table in PLAIN:
            async with cursor.copy(QUERIES[f"copy_{table}"]) as copy:
                for row in rows.get(table, ()):
                    await copy.write_row(row)
    async with writing(pool) as connection:
        await connection.execute(QUERIES["refresh_simulation"], prepare=False)


async def move_times(pool: Pool, now: datetime) -> None:
    """Move what was written at the machine's time to the simulated moment."""
    async with writing(pool) as connection:
        for query in MOVED:
            await connection.execute(QUERIES[query], {"now": now}, prepare=False)

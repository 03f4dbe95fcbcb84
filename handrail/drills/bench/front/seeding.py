"""Cases that stand in the record alone: nobody works on them, and no worker ran for them."""

from __future__ import annotations

from handrail.drills.queries import QUERIES, read
from handrail.postgres.pool import Pool, writing

LONG = "bench-waiting-1"
"""The case with a long conversation."""


async def quiet_cases(pool: Pool, count: int) -> list[str]:
    """Have so many cases that wait for their customers; return their ids."""
    return [str(row["case_id"]) for row in await read(pool, "bench_quiet", count=count)]


async def backlog(pool: Pool, count: int, asked: int, words: int) -> str:
    """Have so many cases wait for people, `asked` of them for an approval; return one with `words` messages."""
    async with writing(pool) as connection:
        await connection.execute(QUERIES["bench_backlog"], {"count": count})
        await connection.execute(QUERIES["bench_asked"], {"count": asked})
        await connection.execute(QUERIES["bench_long_case"], {"words": words})
    async with pool.connection() as connection:
        await connection.execute(QUERIES["bench_counted"])
    return LONG

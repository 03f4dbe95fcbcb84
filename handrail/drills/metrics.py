"""A drill of the outcomes: how long it takes to keep and to count very many cases, on a server that is gone afterwards."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from psycopg import AsyncConnection

from handrail.business import Business
from handrail.domain.base import Stored
from handrail.domain.outcomes import OutcomeReport, Period
from handrail.drills.queries import QUERIES
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.postgres.migrations import migrate
from handrail.postgres.outcomes import AT_ONCE, PostgresOutcomes
from handrail.postgres.pool import Pool, open_pool
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes

FILLED = ("metrics_cases", "metrics_audit", "metrics_messages", "metrics_surveys", "metrics_ratings", "metrics_changes")
BULK = 100_000
CUSTOMERS = 0.3
"""Customers for each case."""
EVERYTHING = Period(
    since=datetime(2025, 1, 1, tzinfo=UTC), until=datetime(2035, 1, 1, tzinfo=UTC), as_of=datetime(2035, 1, 1, tzinfo=UTC)
)
QUESTIONS = 5
"""Each question is asked so often."""
Tell = Callable[[str, int, int], None]


class MetricsDrill(Stored):
    """Seconds: to keep and to pack all outcomes; and, each time, to read and to count all indicators.

    `plain_seconds` are for one plain question to the rows without a view.
    """

    cases: int
    keep_seconds: float
    pack_seconds: float
    read_seconds: list[float]
    count_seconds: list[float]
    plain_seconds: list[float]
    counted: OutcomeReport


@contextmanager
def throw_away() -> Iterator[str]:
    """Run a server that is gone afterwards, and give its address."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-met-", ignore_cleanup_errors=True)))
        postgres = Postgres(folder / "postgres", free_block(1), durable=False)
        stack.enter_context(run(postgres, folder / "postgres.log"))
        yield postgres.url


async def measure(url: str, business: Business, cases: int, tell: Tell) -> MetricsDrill:
    """Fill the empty database with so many cases, keep their outcomes, and count them."""
    await migrate(url, business, datetime.now(UTC))
    await fill(url, cases, tell)
    pool = await open_pool(url, size=2)
    try:
        return await _measured(pool, cases, tell)
    finally:
        await pool.close()


async def fill(url: str, cases: int, tell: Tell) -> None:
    """Write the record in bulk; nothing but its rows is looked at, as after an upgrade of a large one."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(QUERIES["metrics_quick"])
        for first in range(1, cases + 1, BULK):
            about = {"first": first, "last": min(first + BULK - 1, cases), "customers": max(2, round(cases * CUSTOMERS))}
            for query in FILLED:
                await connection.execute(QUERIES[query], about)
            tell("written", about["last"], cases)
        await connection.execute(QUERIES["metrics_ordinary"])
        await connection.execute(b"VACUUM ANALYZE")


async def _measured(pool: Pool, cases: int, tell: Tell) -> MetricsDrill:
    from handrail.quality.outcomes.report import report

    definitions = load_outcomes(SHIPPED.parent)
    names = list(definitions.value.indicators)
    outcomes = PostgresOutcomes(pool)
    await outcomes.define(definitions.value, definitions.version)
    began, kept = time.monotonic(), 0
    while taken := await outcomes.refresh():
        kept += taken
        if kept % (10 * AT_ONCE) == 0:
            tell("kept", kept, cases)
    keeping = time.monotonic() - began
    began = time.monotonic()
    await outcomes.settle()
    packing = time.monotonic() - began
    async with pool.connection() as connection:
        await connection.execute(b"VACUUM ANALYZE handrail.kept_outcomes, handrail.packed_outcomes")
    reading, counting, plain = [], [], []
    for _ in range(QUESTIONS):
        began = time.monotonic()
        packed = await outcomes.read(EVERYTHING)
        reading.append(time.monotonic() - began)
        counted = report(definitions, names, EVERYTHING, None, packed)
        counting.append(time.monotonic() - began - reading[-1])
        async with pool.connection() as connection:
            began = time.monotonic()
            await (await connection.execute(QUERIES["metrics_plain"])).fetchall()
            plain.append(time.monotonic() - began)
    return MetricsDrill(
        cases=cases,
        keep_seconds=keeping,
        pack_seconds=packing,
        read_seconds=reading,
        count_seconds=counting,
        plain_seconds=plain,
        counted=counted,
    )

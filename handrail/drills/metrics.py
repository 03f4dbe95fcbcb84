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
QUESTIONS = 3
"""Each question is asked so often, and its quickest answer counts."""
Tell = Callable[[str, int, int], None]


class MetricsDrill(Stored):
    """Seconds: to keep all outcomes, to count all indicators, and for one plain question to the rows without a view."""

    cases: int
    keep_seconds: float
    count_seconds: float
    report_seconds: float
    plain_seconds: float
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
    async with pool.connection() as connection:
        await connection.execute(b"VACUUM ANALYZE handrail.kept_outcomes")
    counting, reporting, plain = [], [], []
    for _ in range(QUESTIONS):
        began = time.monotonic()
        counts = await outcomes.count(definitions.value, names, EVERYTHING)
        counting.append(time.monotonic() - began)
        counted = report(definitions, names, EVERYTHING, None, counts)
        reporting.append(time.monotonic() - began - counting[-1])
        async with pool.connection() as connection:
            began = time.monotonic()
            await (await connection.execute(QUERIES["metrics_plain"])).fetchall()
            plain.append(time.monotonic() - began)
    return MetricsDrill(
        cases=cases,
        keep_seconds=keeping,
        count_seconds=min(counting),
        report_seconds=min(reporting),
        plain_seconds=min(plain),
        counted=counted,
    )

"""Counting a day looks at that day's cases, however many there are beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.quality.outcomes.loader import load_outcomes
from handrail.shop import business
from tests.postgres.quality.record import today, write_days

DAYS, CASES = 40, 25


def rows(plan: dict[str, Any], *scanned: str) -> int:
    """The rows that all scans of a table, or of a kind, gave together."""
    named = plan.get("Relation Name", plan["Node Type"])
    own = plan["Actual Rows"] * plan["Actual Loops"] if named in scanned else 0
    return int(own + sum(rows(part, *scanned) for part in plan.get("Plans", [])))


@pytest.mark.own_database
@pytest.mark.parametrize("query", ["count_drift_day", "drift_bad_cases"])
async def test_a_days_cases_alone_are_read(pool: Pool, query: str) -> None:
    day = today() - timedelta(days=3)
    await write_days(pool, "order_status", today() - timedelta(days=DAYS), today(), cases=CASES, bad=2)
    outcomes = load_outcomes(business.folder)
    await PostgresOutcomes(pool).define(outcomes.value, outcomes.version)
    begins = datetime.combine(day, time(), tzinfo=UTC)
    about: dict[str, Any] = {"day": day, "since": begins, "until": begins + timedelta(days=1), "definitions": "d"}
    about |= {"names": ["escalation"], "versions": [1], "indicator": "escalation", "topic": "", "falls": False}
    async with pool.connection() as connection:
        await connection.execute(b"ANALYZE handrail.cases, handrail.audit")
        cursor = await connection.execute(b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + QUERIES[query], about)
        found = await cursor.fetchone()
    assert found is not None
    (plan,) = found[0] if isinstance(found[0], list) else json.loads(found[0])
    # The view asks a function for each case, which reads what there is of that one.
    assert 0 < rows(plan["Plan"], "cases", "Function Scan") <= 3 * CASES
    assert 0 < rows(plan["Plan"], "audit") <= 12 * CASES

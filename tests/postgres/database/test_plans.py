"""Lists stay fast: their plans, on enough rows, go through an index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from tests.postgres.conftest import Run

CASES = """
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, reason, turn, opened_at, updated_at, version, content_digest
)
SELECT
    'case-' || n, 'C-1', 'api', CASE n % 100 WHEN 0 THEN 'AwaitingApproval' WHEN 1 THEN 'WithHuman' ELSE 'Closed' END,
    'topic-' || n % 20, 0, CASE WHEN n % 50 = 0 THEN 'risk' END, 1,
    '2026-05-04 12:00Z'::timestamptz + n * interval '1 s', '2026-05-04 12:00Z'::timestamptz + n * interval '1 s', 0, ''
FROM generate_series(1, 20000) AS n
"""
APPROVALS = """
INSERT INTO handrail.approvals (
    case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version
)
SELECT case_id, 'a', 1, '{"request_id": "a"}', CASE WHEN n % 500 = 0 THEN 'open' ELSE 'expired' END,
    opened_at, opened_at, '{}', 0
FROM (SELECT case_id, opened_at, row_number() OVER () AS n FROM handrail.cases) AS numbered
"""
SEARCH: dict[str, Any] = {"status": None, "topic": None, "reason": None, "limit": 50}


PLANS: list[tuple[str, dict[str, Any], str]] = [
    ("open_approvals", {}, "approvals_open"),
    ("search_cases", {**SEARCH, "status": "AwaitingApproval"}, "cases_by_status"),
    ("search_cases", {**SEARCH, "topic": "topic-7"}, "cases_by_topic"),
    ("search_cases", {**SEARCH, "reason": "risk"}, "cases_by_reason"),
    ("search_cases", SEARCH, "cases_by_time"),
    ("show_case", {"case_id": "case-77"}, "cases_pkey"),
    ("transcript", {"case_id": "case-77"}, "messages_in_order"),
    ("spoken", {"case_id": "case-77", "most": 60}, "messages_in_order"),
]


@pytest.mark.own_database
async def test_lists_use_an_index(pool: Pool, run: Run) -> None:
    await run(CASES)
    await run(APPROVALS)
    await run("ANALYZE handrail.cases, handrail.approvals")
    for query, parameters, index in PLANS:
        async with pool.connection() as connection:
            cursor = await connection.execute(b"EXPLAIN " + QUERIES[query], parameters, prepare=False)
            plan = "\n".join(line for (line,) in await cursor.fetchall())
        assert index in plan, (query, parameters)
        assert "Seq Scan on cases" not in plan, (query, parameters)
        assert "Seq Scan on approvals" not in plan, (query, parameters)


BACKLOG = """
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, queue, priority, turn,
    opened_at, updated_at, due_at, version, content_digest
)
SELECT
    'case-' || n, 'C-1', 'api', 'WithHuman', 'topic', 1,
    CASE WHEN n > 19995 THEN 'rare' ELSE 'common-' || n % 4 END, 1 + n / 4 % 4, 1,
    '2026-05-04 12:00Z', '2026-05-04 12:00Z', '2026-05-04 12:00Z'::timestamptz + n * interval '1 s', 0, ''
FROM generate_series(1, 20000) AS n
"""
CLAIM: dict[str, Any] = {"tier": 3, "languages": ["en"], "spoken": ["rare:en"], "person": "ann", "lease": timedelta(minutes=5)}


def looked_at(plan: dict[str, Any]) -> float:
    """Rows that the plan's scans of the queue read, kept or not."""
    own = 0.0
    if plan.get("Relation Name") == "queue_items" and "Scan" in plan["Node Type"]:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return own + sum(looked_at(part) for part in plan.get("Plans", []))


@pytest.mark.own_database
async def test_a_claim_reads_the_cases_of_its_skills_and_not_the_whole_backlog(pool: Pool, run: Run) -> None:
    await run(BACKLOG)
    await run("ANALYZE handrail.queue_items")

    async def claimed(*skills: str) -> tuple[float, str | None]:
        async with pool.connection() as connection, connection.transaction(force_rollback=True):
            explained = b"EXPLAIN (ANALYZE, FORMAT JSON) " + QUERIES["claim_case"]
            cursor = await connection.execute(explained, {**CLAIM, "folded": "ann", "skills": list(skills)})
            (found,) = await cursor.fetchone() or (None,)
            query = "SELECT queue FROM handrail.queue_items WHERE holder = 'ann'"
            queue = await (await connection.execute(query.encode())).fetchone()
        assert found
        return looked_at(found[0]["Plan"]), str(queue[0]) if queue else None

    for skills, queue in [
        (["rare"], "rare"),
        (["nobody"], None),
        (["common-1"], "common-1"),
        (["common-1", "rare"], "common-1"),
    ]:
        rows, taken = await claimed(*skills)
        assert taken == queue
        assert rows < 50, (skills, rows)
    await run("DROP INDEX handrail.queue_items_by_queue")
    rows, _ = await claimed("rare")
    assert rows > 1_000, "without the index the backlog is walked: the bound above can fail"

"""Each statement of the quality loop finds its rows by an index, where they lie in a table that grows with cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handrail.drills.metrics import fill
from handrail.postgres import queries
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from tests.postgres.conftest import Run

CASES = 4_000
SQL = Path(queries.__file__).parent / "sql"
FILES = ("quality_*", "canary", "outcomes", "rollout", "shadow", "weekly")
LARGE = frozenset(
    (
        *("cases", "messages", "audit", "actions", "approvals", "handoffs", "classifications", "turns", "reviews"),
        *("surveys", "ratings", "kept_outcomes", "case_releases"),
        *("quality_samples", "quality_scores", "quality_judgements", "shadow_answers", "drift_days", "correction_evidence"),
    )
)
"""Tables that grow with cases, or with days of them."""
READ_WHOLE = {
    "correction_sources": {"correction_evidence"},  # what is left of it is dropped each day
    "drift_first_seen": {"drift_days"},  # at an alarm: never seen before is a question to every day
    "drop_old_evidence": {"correction_evidence"},  # as above
    "quality_records": {"turns"},  # the journal's newest turns, of open cases alone; without rows here
    "shadow_spent": {"shadow_answers"},  # of a day or of a shadow: planned for what is asked
    "weekly_load": {"approvals"},  # once a week: when a person decided stands in what they decided
}
"""Statements that read a large table whole, and why that is right."""
FILLED = (
    """
    INSERT INTO handrail.actions (
        effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version
    )
    SELECT c.case_id || k.kind, c.case_id, k.kind, 'pay', 1, 1, '{}', '', 'allow', '{"hits": []}', 'v1'
    FROM handrail.cases AS c CROSS JOIN (VALUES ('effect'), ('reply')) AS k (kind)
    """,
    """
    INSERT INTO handrail.approvals (
        case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version, decision
    )
    SELECT c.case_id, 'a', 1, jsonb_build_object('request_id', c.case_id || 'effect', 'kind', 'approval'),
        CASE WHEN hashtext(c.case_id) % 10 = 0 THEN 'edited' ELSE 'approved' END, c.opened_at, c.opened_at, '{}', 0,
        jsonb_build_object('decided_at', c.opened_at, 'reviewer', 'ann')
    FROM handrail.cases AS c WHERE hashtext(c.case_id) % 5 = 0
    """,
    """
    INSERT INTO handrail.quality_samples (
        day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
    )
    SELECT c.opened_at::date, c.case_id, 'refund', 'plain', 10, 5, 1, 0.5, false, 0.1 FROM handrail.cases AS c
    WHERE hashtext(c.case_id) % 4 = 0
    """,
    """
    INSERT INTO handrail.quality_scores (day, case_id, scorer, version, verdict, evidence)
    SELECT s.day, s.case_id, r.scorer, 1, 'good', '[]' FROM handrail.quality_samples AS s
    CROSS JOIN (VALUES ('tone'), ('policy')) AS r (scorer)
    """,
    "INSERT INTO handrail.case_releases (case_id, release) SELECT c.case_id, 'r-1' FROM handrail.cases AS c",
)


def names() -> Iterator[str]:
    """The statements of the loop; those that only set something have no plan."""
    for pattern in FILES:
        for file in sorted(SQL.glob(f"{pattern}.sql")):
            for name in re.findall(r"^-- name: (\w+)$", file.read_text(), re.MULTILINE):
                if not QUERIES[name].split(b"\n")[-1].startswith(b"SET LOCAL"):
                    yield name


def placed(statement: bytes) -> bytes:
    """The statement with PostgreSQL's own parameters, so that its plan is for whatever is asked."""
    known: dict[str, int] = {}

    def parameter(found: re.Match[str]) -> str:
        return f"${known.setdefault(found[1], len(known) + 1)}" if found[1] else "%"

    return re.sub(r"%(?:\((\w+)\)s|%)", parameter, statement.decode()).encode()


def read_whole(plan: dict[str, Any], above: str = "") -> Iterator[str]:
    """The large tables that a part of the plan reads from one end to the other; the first of an order is no whole."""
    scan, table = plan["Node Type"], plan.get("Relation Name", "")
    by_condition = "Index Cond" in plan or "Recheck Cond" in plan
    if table in LARGE and above != "Limit" and ("Seq Scan" in scan or ("Index" in scan and not by_condition)):
        yield table
    for part in plan.get("Plans", []):
        yield from read_whole(part, "Limit" if "Limit" in (scan, above) and scan in ("Limit", "Nested Loop") else scan)


@pytest.mark.own_database
async def test_no_statement_reads_a_large_table_whole_but_those_that_say_why(pool: Pool, database_url: str, run: Run) -> None:
    shipped, outcomes = load_outcomes(SHIPPED.parent), PostgresOutcomes(pool)
    await outcomes.define(shipped.value, shipped.version)
    await fill(database_url, CASES, lambda *_: None)
    for statement in FILLED:
        await run(statement)
    await outcomes.settle()
    await run("VACUUM ANALYZE")
    found: dict[str, set[str]] = {}
    async with pool.connection() as connection:
        await connection.execute(b"SET enable_seqscan = off")  # few rows are read whole rather than by any index
        for name in names():
            cursor = await connection.execute(b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + placed(QUERIES[name]))
            ((text,),) = await cursor.fetchall()
            plan = (text if isinstance(text, list) else json.loads(text))[0]["Plan"]
            if whole := set(read_whole(plan)):
                found[name] = whole
        await connection.execute(b"RESET enable_seqscan")
    assert found == READ_WHOLE

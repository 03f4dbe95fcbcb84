"""Outcomes that are kept are those that the record gives, whatever happened and in whatever order."""

from __future__ import annotations

import asyncio
import json
import re
from random import Random
from typing import Any

import pytest

from handrail.domain.quality.watch.indicators import PLACES
from handrail.postgres import migrations
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from tests.postgres.conftest import Run
from tests.postgres.outcomes import by_hand
from tests.postgres.outcomes.happenings import Happenings

SCRIPT = (migrations.FOLDER / "0030_kept_outcomes.sql").read_text()
DIFFERENCES = """
SELECT count(*) FROM (
    (SELECT * FROM handrail.case_outcomes EXCEPT ALL SELECT * FROM computed.case_outcomes)
    UNION ALL
    (SELECT * FROM computed.case_outcomes EXCEPT ALL SELECT * FROM handrail.case_outcomes)
) AS d
"""
VALUED = """
WITH new_ones AS (SELECT case_id, indicator, matures_at, denominator, numerator FROM handrail.outcome_values),
old_ones AS (SELECT case_id, indicator, matures_at, denominator, numerator FROM computed.outcome_values)
SELECT count(*) FROM new_ones AS n
FULL JOIN old_ones AS o ON n.case_id = o.case_id AND n.indicator = o.indicator
WHERE (n.case_id, n.indicator, n.matures_at, n.denominator)
    IS DISTINCT FROM (o.case_id, o.indicator, o.matures_at, o.denominator)
    OR (n.denominator > 0 AND n.matures_at IS NOT NULL AND round(n.numerator::numeric, 6) <> round(o.numerator::numeric, 6))
"""
LEFT = """
SELECT count(*) FROM handrail.kept_outcomes AS k
FULL JOIN handrail.outcomes_of(ARRAY(SELECT case_id FROM handrail.cases)) AS o ON k = o
WHERE k.case_id IS NULL OR o.case_id IS NULL
"""


@pytest.mark.parametrize("seed", [1, 3])
async def test_what_is_kept_is_what_is_computed_whatever_happened(computed: Pool, run: Run, seed: int) -> None:
    life = Happenings(Random(seed))
    kept = PostgresOutcomes(computed)
    for _ in range(5):
        await life.happen(computed, 80)
        assert await run(DIFFERENCES) == [(0,)], "before it is worked off"
        assert await run(VALUED) == [(0,)]
        while await kept.refresh(7) == 7:
            assert await run(DIFFERENCES) == [(0,)], "half worked off"
        assert await run(DIFFERENCES) == [(0,)]
        assert await run(LEFT) == [(0,)]
    assert await run("SELECT count(*) > 30 FROM computed.case_outcomes") == [(True,)]


async def test_thanks_behind_the_end_are_no_second_contact(computed: Pool, run: Run) -> None:
    await by_hand.write(computed)
    await run("UPDATE handrail.messages SET thanks = TRUE WHERE case_id = 'b3' AND author = 'customer'")
    for _ in range(2):
        assert await run("SELECT reopened_at, repeated_at FROM handrail.case_outcomes WHERE case_id = 'b3'") == [(None, None)]
        await PostgresOutcomes(computed).settle()


async def test_those_who_work_it_off_at_once_take_turns(computed: Pool, run: Run) -> None:
    life, kept = Happenings(Random(4)), PostgresOutcomes(computed)

    async def work() -> None:
        for _ in range(15):
            await kept.refresh(5)

    await life.happen(computed, 200)
    await asyncio.gather(life.happen(computed, 200), work(), work(), work())
    await kept.settle()
    assert await run("SELECT count(*) FROM handrail.outcome_changes") == [(0,)]
    assert await run(DIFFERENCES) == [(0,)]
    assert await run(LEFT) == [(0,)]


async def test_an_older_record_is_worked_off(run: Run, computed: Pool) -> None:
    await by_hand.write(computed)
    await run("DELETE FROM handrail.outcome_changes")
    (backfill,) = re.findall(r"^INSERT INTO handrail\.outcome_changes .*;$", SCRIPT, re.MULTILINE)
    await run(backfill)
    assert await run(DIFFERENCES) == [(0,)]
    await PostgresOutcomes(computed).settle()
    assert await run("SELECT count(*) FROM handrail.kept_outcomes") == [(27,)]


async def test_the_bits_are_named_alike_everywhere(run: Run) -> None:
    for name, place in PLACES.items():
        assert await run("SELECT handrail.outcome_place(%s)", name) == [(place,)]


MANY = """
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT 'c-' || n, 'C' || n % 800, 'api', 'Resolved', 'refund', 0, 1, '2026-01-01'::timestamptz + n * interval '5 min',
    '2026-01-01', 1, ''
FROM generate_series(1, 4000) AS n
"""


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


@pytest.mark.own_database
async def test_questions_go_through_an_index_and_compute_no_case_anew(pool: Pool, run: Run) -> None:
    await run(MANY)
    kept, shipped = PostgresOutcomes(pool), load_outcomes(SHIPPED.parent)
    await kept.define(shipped.value, shipped.version)
    await kept.settle()
    await run("VACUUM ANALYZE")
    day = "opened_at >= '2026-01-05' AND opened_at < '2026-01-06'"
    for question, scan in (
        (f"SELECT avg(numerator) FROM handrail.outcome_repeat_7d WHERE {day}", "kept_outcomes_by_opening"),
        ("SELECT count(*) FROM handrail.case_outcomes", ""),
    ):
        ((text,),) = await run(f"EXPLAIN (FORMAT JSON) {question}")
        plan = text[0] if isinstance(text, list) else json.loads(text)[0]
        read = [one for one in nodes(plan["Plan"]) if one.get("Relation Name") == "kept_outcomes"]
        assert read, question
        assert scan in [one.get("Index Name", "") for one in nodes(plan["Plan"])], question
        assert not scan or not any("Seq" in one["Node Type"] for one in read), question
        assert not [one for one in nodes(plan["Plan"]) if one.get("Parent Relationship") == "SubPlan"], question

"""What is in force is read out of what may still count; the history beside it may be as long as it likes."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.autonomy.controls import GLOBAL, ControlRequest, Hand, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

OVER_ALL = """
SELECT control_id FROM (
    SELECT DISTINCT ON (scope, hand) * FROM handrail.controls
    WHERE expires_at IS NULL OR expires_at > %s::timestamptz
    ORDER BY scope ASC, hand ASC, control_id DESC
) AS newest
WHERE newest.level <> 'auto' ORDER BY control_id
"""
ADD = """
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, expires_at)
SELECT one.scope, one.level, one.hand, 'a test', 'ann', true, clock_timestamp() + one.lasting
FROM unnest(%s::text[], %s::text[], %s::text[], %s::interval[]) AS one (scope, level, hand, lasting)
"""
NOW = "clock_timestamp()"
LASTING = [None, *(timedelta(milliseconds=n) for n in (-5, 1, 5, 20, 100)), *(timedelta(hours=n) for n in (1, 2, 9))]
MOMENTS = [timedelta(), *(timedelta(milliseconds=n) for n in (3, 30)), *(timedelta(minutes=n) for n in (59, 61, 300, 600))]
LONG_AGO = """
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, expires_at)
SELECT
    (ARRAY['global', 'topic:payout', 'tool:t' || n])[1 + n %% 3],
    (ARRAY['auto', 'review', 'draft', 'off'])[1 + n %% 4],
    (ARRAY['person', 'handrail'])[1 + n %% 2], 'long ago', 'ann', true,
    CASE WHEN n %% 5 < 3 THEN now() - interval '1 day' END
FROM generate_series(1, %s) AS n
"""
LIFTED = """
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited)
SELECT DISTINCT scope, 'auto', hand, 'over', 'ann', true FROM handrail.controls
"""


def some(dice: random.Random) -> tuple[str, str, str, timedelta | None]:
    return (
        dice.choice(["global", "topic:a", "tool:t"]),
        dice.choice(list(Autonomy)),
        dice.choice([Hand.PERSON, Hand.HANDRAIL]),
        dice.choice(LASTING),
    )


async def held(run: Run, moment: Any) -> list[int]:
    """What the view would show at the moment."""
    ((shown,),) = await run("SELECT pg_get_viewdef('handrail.controls_in_force')")
    assert shown.count(NOW) == 1
    body = shown.rstrip("; \n").replace(NOW, "%s::timestamptz")
    return [one for (one,) in await run(f"SELECT control_id FROM ({body}) AS held ORDER BY control_id", moment)]


async def test_what_is_in_force_is_what_all_controls_say_at_any_moment_to_come(run: Run) -> None:
    dice = random.Random(20)
    seen: set[int] = set()
    for _ in range(150):
        await run(ADD, *map(list, zip(*(some(dice) for _ in range(dice.choice([1, 1, 1, 4]))), strict=True)))
        await asyncio.sleep(dice.choice([0, 0, 0.01]))
        ((now,),) = await run("SELECT clock_timestamp()")
        for later in dice.sample(MOMENTS, 3):
            found = await held(run, now + later)
            assert found == [one for (one,) in await run(OVER_ALL, now + later)], later
            seen.add(len(found))
    assert {0, 1, 2, 3} <= seen, "the sequences must be worth comparing"
    ((kept, standing),) = await run(
        "SELECT (SELECT count(*) FROM handrail.controls), (SELECT count(*) FROM handrail.controls_standing)"
    )
    assert kept > 200, "nothing that was ever set is gone"
    assert standing < 40


async def test_controls_that_are_set_at_once_by_whomever_count_as_if_one_came_after_the_other(run: Run) -> None:
    dice = random.Random(7)
    for _ in range(12):
        added = [[list(one) for one in zip(some(dice), strict=True)] for _ in range(6)]
        await asyncio.gather(*(run(ADD, *one) for one in added))
        ((now,),) = await run("SELECT clock_timestamp()")
        for later in MOMENTS:
            assert await held(run, now + later) == [one for (one,) in await run(OVER_ALL, now + later)]


@pytest.mark.own_database
async def test_a_hundred_thousand_past_controls_cost_nothing(pool: Pool, run: Run) -> None:
    await run(LONG_AGO, 100_000)
    await run(LIFTED)
    controls = PostgresControls(pool, business)
    assert await controls.in_force() == []
    switch = await controls.put(ControlRequest(scope=GLOBAL, level=Autonomy.OFF, reason="a test", actor="ann"))
    payout = Scope.parse("topic:payout")
    await controls.put(
        ControlRequest(scope=payout, level=Autonomy.DRAFT, reason="a test", actor="ann", lasting=timedelta(hours=1))
    )
    assert len(await controls.in_force()) == 2
    reads: list[tuple[str, dict[str, Any]]] = [
        ("controls_in_force", {}),
        ("newest_of_hand", {"scope": str(GLOBAL), "hand": Hand.PERSON, "pause": timedelta(minutes=1)}),
        ("controls_history", {"limit": 20}),
    ]
    for query, parameters in reads:
        assert await rows_read(pool, query, parameters) <= 20, query
    assert len(await controls.history(200_000)) > 100_000
    ((everything,),) = await run("EXPLAIN (ANALYZE, FORMAT JSON) " + OVER_ALL.replace("%s", "now()"))
    assert scanned(everything[0]["Plan"]) > 100_000, "the bound above can fail"
    assert switch.waited


async def rows_read(pool: Pool, query: str, parameters: dict[str, Any]) -> float:
    async with pool.connection() as connection:
        cursor = await connection.execute(b"EXPLAIN (ANALYZE, FORMAT JSON) " + QUERIES[query], parameters, prepare=False)
        (found,) = await cursor.fetchone() or (None,)
    assert found
    return scanned(found[0]["Plan"])


def scanned(plan: dict[str, Any]) -> float:
    """Rows that the plan's scans read, kept or not."""
    own = 0.0
    if plan.get("Relation Name"):
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return own + sum(scanned(part) for part in plan.get("Plans", []))

"""What is counted out of packed days is what the views say, and packs do not outlive a change."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from handrail.definitions import Loaded
from handrail.domain.outcomes import Dimension, OutcomeDefinitions, OutcomeReport, Period
from handrail.domain.quality.watch.indicators import INDICATORS
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.quality.outcomes import columns
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from handrail.quality.outcomes.report import report
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.outcomes import by_hand
from tests.postgres.outcomes.happenings import Happenings

SOON = Period(
    since=NOON + timedelta(hours=5), until=NOON + timedelta(days=27, hours=3, minutes=7), as_of=NOON + timedelta(days=20)
)
MONTH = Period(since=NOON - timedelta(days=31), until=NOON, as_of=NOON)
STALE = """
SELECT count(*) FROM handrail.packed_outcomes AS p CROSS JOIN LATERAL handrail.pack_of_outcomes(p.day) AS f
WHERE f IS DISTINCT FROM p
"""
HALF_STALE = """
SELECT count(*) FROM handrail.packed_outcomes AS p CROSS JOIN LATERAL handrail.pack_of_outcomes(p.day) AS f
WHERE to_jsonb(f) - 'excluded_at' <> to_jsonb(p) - 'excluded_at'
"""
"""Cases that nobody has worked off yet look like excluded ones."""
COUNTED = """
SELECT case_id FROM handrail.outcome_values WHERE indicator = 'cost_known' AND denominator > 0 AND matures_at <= %s
"""
EXPECTED = b"""
SELECT indicator, CASE %(by)s WHEN 'topic' THEN topic WHEN 'channel' THEN channel WHEN 'model' THEN model
        WHEN 'handled_by' THEN handled_by WHEN 'tier' THEN tier::text END AS "group",
    coalesce(sum(denominator) FILTER (WHERE mature), 0)::integer AS n,
    count(*) FILTER (WHERE mature AND denominator > 0)::integer AS cases,
    coalesce(sum(numerator) FILTER (WHERE mature), 0)::double precision AS numerator,
    count(DISTINCT customer_id) FILTER (WHERE mature AND denominator > 0)::integer AS customers,
    count(*) FILTER (WHERE NOT mature)::integer AS immature,
    (avg(numerator) FILTER (WHERE mature))::double precision AS mean,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) FILTER (WHERE mature))::double precision AS median
FROM (SELECT *, coalesce(matures_at <= %(as_of)s, FALSE) AS mature FROM computed.outcome_values) AS v
WHERE opened_at >= %(since)s AND opened_at < %(until)s
GROUP BY 1, 2
"""


def definitions() -> Loaded[OutcomeDefinitions]:
    shipped = load_outcomes(SHIPPED.parent)
    return Loaded(shipped.value.model_copy(update={"minimum": 2}), shipped.version)


async def reported(pool: Pool, period: Period, by: Dimension | None = None) -> OutcomeReport:
    wanted = definitions()
    return report(wanted, list(wanted.value.indicators), period, by, await PostgresOutcomes(pool).read(period, by))


async def check(pool: Pool, period: Period, by: Dimension | None) -> OutcomeReport:
    """Compare each figure with the views as they were first released."""
    found = await reported(pool, period, by)
    async with pool.connection() as connection:
        cursor = await connection.execute(EXPECTED, {**period.model_dump(), "by": by and by.value})
        expected = {(name, group): rest for name, group, *rest in await cursor.fetchall()}
    for one in found.indicators:
        n, cases, numerator, customers, immature, mean, median = expected.pop((one.indicator, one.group))
        share = INDICATORS[one.indicator].share
        assert (one.n, one.customers, one.immature) == (n if share else cases, customers, immature), one.indicator
        assert (one.numerator, one.n) == ((numerator, n) if share else (None, cases)), one.indicator
        value = {"rate": n and numerator / n, "mean": mean, "median": median}[one.statistic]
        assert one.value == pytest.approx(value) if one.value is not None else n < 2 or customers < 2, one.indicator
    assert not expected
    return found


@pytest.mark.parametrize(
    "by", [None, Dimension.TOPIC, Dimension.CHANNEL, Dimension.MODEL, Dimension.HANDLED_BY, Dimension.TIER]
)
async def test_the_counts_are_those_of_the_views(computed: Pool, run: Run, by: Dimension | None) -> None:
    life = Happenings(Random(3))
    await life.happen(computed, 700)
    for packed in (False, True):
        if packed:
            await life.happen(computed, 200)
            await PostgresOutcomes(computed).settle()
            assert await run("SELECT count(*) > 20 FROM handrail.packed_outcomes") == [(True,)]
            await run("DELETE FROM handrail.packed_outcomes WHERE extract(DAY FROM day)::integer % 3 = 0")
        found = await check(computed, SOON, by)
        assert {one.indicator for one in found.indicators} == INDICATORS.keys()
        assert sum(one.value is not None for one in found.indicators) >= 15


async def test_every_corner_that_was_made_by_hand_counts_as_the_views_say(
    computed: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await by_hand.write(computed)
    for by in (None, Dimension.TOPIC):
        found = await check(computed, MONTH, by)
        assert (found.cases, found.excluded) == (27, 1)
    monkeypatch.setattr(columns, "GRID", 0)  # as if there were too many customers and groups
    await check(computed, MONTH, Dimension.TOPIC)


async def test_no_pack_outlives_a_change(computed: Pool, run: Run) -> None:
    life, kept = Happenings(Random(8)), PostgresOutcomes(computed)
    gone = 0
    for _ in range(8):
        await life.happen(computed, 60)
        while await kept.refresh(9) == 9:
            assert await run(HALF_STALE) == [(0,)]
        ((left,),) = await run("SELECT count(*) FROM handrail.packed_outcomes")
        await kept.settle()
        ((packed,),) = await run("SELECT count(*) FROM handrail.packed_outcomes")
        gone += packed - left
        assert await run(STALE) == [(0,)]
        assert await run("SELECT count(*) FROM handrail.days_without_pack('-infinity', 'infinity')") == [(0,)]
    assert gone > packed


async def test_a_pack_is_not_made_of_what_somebody_else_is_changing(computed: Pool, run: Run) -> None:
    life, kept = Happenings(Random(5)), PostgresOutcomes(computed)

    async def work() -> None:
        for _ in range(20):
            await kept.refresh(5)

    async def pack() -> None:
        for _ in range(20):
            await kept.pack(3)

    await life.happen(computed, 300)
    await asyncio.gather(life.happen(computed, 200), work(), pack(), work(), pack())
    await kept.settle()
    assert await run(STALE) == [(0,)]
    await check(computed, SOON, None)


async def test_young_days_are_not_packed(computed: Pool, run: Run) -> None:
    await run(MANY, f"{datetime.now(UTC) - timedelta(days=9)}")
    await PostgresOutcomes(computed).settle()
    ((newest, oldest),) = await run("SELECT current_date - max(day), current_date - min(day) FROM handrail.packed_outcomes")
    assert (newest, oldest) == (8, 9)
    period = Period(since=NOON, until=NOON + timedelta(days=3_650), as_of=NOON + timedelta(days=3_650))
    assert (await reported(computed, period)).cases == 4_000


async def test_an_empty_record_has_nothing_to_count(computed: Pool) -> None:
    found = await reported(computed, MONTH)
    assert (found.cases, found.excluded) == (0, 0)
    assert {one.statement for one in found.indicators} == {"n = 0, no statement"}


MANY = """
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT 'c-' || n, 'C' || n %% 800, 'api', 'Resolved', 'refund', 0, 1, %s::text::timestamptz + n * interval '3 min', now(), 1,
    ''
FROM generate_series(0, 3999) AS n
"""


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


@pytest.mark.own_database
async def test_packed_days_are_read_as_they_are_and_no_case_is(computed: Pool, run: Run) -> None:
    await run(MANY, "2026-05-01")
    await PostgresOutcomes(computed).settle()
    await run("DELETE FROM handrail.packed_outcomes WHERE day = '2026-05-04'")
    await run("VACUUM ANALYZE")
    about = {"first": "2026-05-02", "last": "2026-05-06", "by": "topic"}
    async with computed.connection() as connection:
        cursor = await connection.execute(b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + QUERIES["read_packs"], about)
        ((text,),) = await cursor.fetchall()
    plan = (text if isinstance(text, list) else json.loads(text))[0]["Plan"]
    read: dict[str, float] = {}
    for one in nodes(plan):
        if "Relation Name" in one:
            name = one["Relation Name"]
            read[name] = read.get(name, 0) + one["Actual Rows"] * one["Actual Loops"]
            empty = name == "case_releases" and one["Actual Rows"] == 0  # of a table without rows nothing else is cheaper
            assert name == "packed_outcomes" or empty or "Seq" not in one["Node Type"], one
    assert read.keys() == {"packed_outcomes", "kept_outcomes", "cases", "case_releases"}
    assert read["kept_outcomes"] == 480, "of the day without a pack alone"
    assert read["cases"] <= 480 + 2 * 5 + 2, "of that day, and one of each other to know that it has any"
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 400


async def test_cases_are_told_apart_by_the_release_that_answered_last(computed: Pool, run: Run) -> None:
    await by_hand.write(computed)
    (known,) = await run("SELECT array_agg(case_id ORDER BY case_id) FROM handrail.case_outcomes")
    dealt = {case_id: ("old", "new")[number % 2] for number, case_id in enumerate(known[0][:20])}
    for case_id, release in dealt.items():
        await run("INSERT INTO handrail.case_releases (case_id, release, at) VALUES (%s, %s, %s)", case_id, release, NOON)
    again = next(case_id for case_id, release in dealt.items() if release == "old")
    later = NOON + timedelta(minutes=1)
    await run("INSERT INTO handrail.case_releases (case_id, release, at) VALUES (%s, 'new', %s)", again, later)
    dealt[again] = "new"
    for packed in (False, True):
        if packed:
            await PostgresOutcomes(computed).settle()
        found = await reported(computed, MONTH, Dimension.RELEASE)
        rows = await run(COUNTED, MONTH.as_of)
        expected = Counter(dealt.get(case_id) for (case_id,) in rows)
        assert {one.group: one.n for one in found.indicators if one.indicator == "cost_known"} == expected
        assert set(expected) == {"old", "new", None}
    # One that answers behind the packing counts at once.
    last = next(case_id for case_id, release in dealt.items() if release == "old")
    await run("INSERT INTO handrail.case_releases (case_id, release, at) VALUES (%s, 'newest', %s)", last, later)
    found = await reported(computed, MONTH, Dimension.RELEASE)
    assert "newest" in {one.group for one in found.indicators}
    assert await run(STALE) == [(0,)]

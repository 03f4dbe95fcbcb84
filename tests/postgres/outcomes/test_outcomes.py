"""What became of cases, over a record whose every figure was worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.domain.outcomes import Dimension, OutcomeReport, Period
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from handrail.quality.outcomes.report import report
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.outcomes import by_hand

HOUR = 3_600
ALL = Period(since=NOON - timedelta(days=31), until=NOON, as_of=NOON)
# 27 cases count (the drill's does not): 25 ended, 23 of them 7 days ago, 24 two days ago; 2 are open.
RATES = {
    # numerator, n, too young
    "first_contact_confirmed": (2, 23, 4),  # a1, h2
    "first_contact_unconfirmed": (15, 23, 4),  # all but a1 h2 confirmed, a3 denied, b1 b3 b4 repeated, d1 d2 unanswered
    "repeat_48h": (2, 24, 3),  # b1 by b2, b4
    "repeat_7d": (3, 23, 4),  # and b3
    "escalation": (8, 25, 2),  # b2 b4 c7 d2 f1 g3 g4 i1
    "second_contact_escalation": (2, 3, 2),  # b2 and b4 of b2 b3 b4
    "edits": (1, 4, 2),
    "rejections": (1, 4, 2),
    "hand_backs": (1, 8, 2),
    "confirmations_refused": (2, 3, 2),  # h1 g4 of those and h2
    "abandonment": (1, 25, 2),
    "policy_hits": (2, 25, 2),  # g1 was held and then let through, i1 blocked; g2 was held by the dial alone
    "policy_stops": (1, 25, 2),  # i1
    "without_topic": (0, 25, 2),
    "policy_holds": (3, 10, 2),  # g1 g2 g4 of those and what no rule held: a3 b1 b3 f1 h1, g2 g3 by the dial alone
    "holds_approved": (1, 2, 2),  # g2 of g1 g2; g4 was withdrawn
    "policy_misses": (4, 7, 2),  # a3 denied, b1 repeated, f1 with people behind it, g3 rejected; b3 repeated too late
    "cost_known": (22, 25, 2),  # unknown: b4 and g3 nothing written, c7 called a model without a price
    "survey_response": (3, 23, 4),  # a1 a3 h2
    "satisfied": (2, 3, 2),
    "held_up": (10, 17, 4),  # a1 a2, c1 c2 c3 c5 c6, g2, h1 h2 of those that a model answered
}
VALUES = {
    # value, n, too young
    "first_reply_seconds": (1 * HOUR, 25, 1),  # the median; d2 has no reply, e4 not yet
    "resolution_seconds": (1 * HOUR, 23, 2),  # the median of what ended with an answer
    "agent_seconds": (26.5 * HOUR / 23, 23, 2),  # 13 cases of 1 h; b2 c7 f1 g2 g4 i1 1, g1 1.5, g3 h1 h2 2
    "customer_seconds": (4 * HOUR / 23, 23, 2),  # f1 2, h1 h2 1
    "waiting_seconds": (10 * HOUR / 23, 23, 2),  # b2 g1 g2 i1 1, f1 g3 g4 2
    "person_seconds": (7 * HOUR / 23, 23, 2),  # b2 f1 2, c7 g4 i1 1
    "cost_usd": (0.46 / 22, 22, 2),  # b2's zero is known, and counts
    "csat": (11 / 3, 3, 2),  # 5, 2, 4
    "nps": (0.0, 3, 2),  # 10, 3, 8
}


async def reported(
    pool: Pool, names: list[str] | None = None, period: Period = ALL, by: Dimension | None = None
) -> OutcomeReport:
    definitions = load_outcomes(SHIPPED.parent)
    small = definitions.value.model_copy(update={"minimum": 2, "survey_share": 1.0})
    chosen = names or list(small.indicators)
    outcomes = PostgresOutcomes(pool)
    await outcomes.define(small, definitions.version)
    return report(type(definitions)(small, definitions.version), chosen, period, by, await outcomes.read(period, by))


@pytest.fixture
async def written(pool: Pool) -> Pool:
    await reported(pool)
    await by_hand.write(pool)
    return pool


async def test_every_rate_is_what_was_worked_out_by_hand(written: Pool) -> None:
    found = {one.indicator: one for one in (await reported(written)).indicators}
    for name, (numerator, n, immature) in RATES.items():
        assert (found[name].numerator, found[name].n, found[name].immature) == (numerator, n, immature), name
        assert found[name].value == pytest.approx(numerator / n), name
    for name, (value, n, immature) in VALUES.items():
        assert (found[name].n, found[name].immature) == (n, immature), name
        assert found[name].value == pytest.approx(value), name
    assert found.keys() == RATES.keys() | VALUES.keys()


async def test_reliability_stands_beside_the_confidence(written: Pool) -> None:
    bins = (await reported(written)).reliability
    assert [(one.low, one.n, one.held_up and round(one.held_up, 3)) for one in bins] == [(0.5, 3, 0.0), (0.9, 14, 0.714)]


async def test_young_cases_wait_and_old_ones_count(written: Pool) -> None:
    names = ["repeat_48h", "repeat_7d", "escalation"]
    early = (await reported(written, names, ALL.model_copy(update={"as_of": NOON - timedelta(days=24)}))).indicators
    late = (await reported(written, names, ALL.model_copy(update={"as_of": NOON + timedelta(days=10)}))).indicators
    assert {one.indicator: (one.n, one.immature) for one in early}["repeat_7d"] == (0, 27)
    assert {one.indicator: one.statement for one in early}["repeat_7d"] == "n = 0, no statement; 27 too young"
    assert {one.indicator: (one.n, one.immature) for one in early}["repeat_48h"] == (21, 6)
    assert {(one.n, one.immature) for one in late} == {(25, 2)}


async def test_groups_periods_and_what_is_excluded(written: Pool) -> None:
    found = await reported(written, ["repeat_7d"], by=Dimension.TOPIC)
    assert [(one.group, one.numerator, one.n) for one in found.indicators] == [("address", 0, 1), ("refund", 3, 22)]
    assert (found.cases, found.excluded) == (27, 1)
    week = await reported(written, ["escalation"], ALL.model_copy(update={"since": NOON - timedelta(days=7)}))
    assert (week.cases, week.excluded, week.indicators[0].statement) == (2, 0, "0.0 % (0.0 % to 65.8 %), n = 2")
    handled = await reported(written, ["escalation"], by=Dimension.HANDLED_BY)
    assert [(one.group, one.n) for one in handled.indicators] == [("agent", 15), ("mixed", 4), ("person", 6)]


async def test_the_views_say_the_same_to_whoever_types_them(written: Pool, run: Run) -> None:
    sql = """
    SELECT sum(numerator), sum(denominator) FROM handrail.outcome_repeat_7d
    WHERE opened_at >= '2026-04-03' AND matures_at <= '2026-05-04 12:00Z'
    """
    assert await run(sql) == [RATES["repeat_7d"][:2]]


async def test_a_fixed_share_is_asked_whatever_the_end(pool: Pool, run: Run) -> None:
    definitions = load_outcomes(SHIPPED.parent)
    third = definitions.value.model_copy(update={"survey_share": 0.3})
    await PostgresOutcomes(pool).define(third, definitions.version)
    await run(MANY)
    await run("UPDATE handrail.cases SET status = 'Closed', version = 2 WHERE status = 'Resolved'")
    shares = await run(
        "SELECT split_part(case_id, '-', 1), count(s.case_id) FROM handrail.cases AS c LEFT JOIN handrail.surveys AS s"
        " USING (case_id) GROUP BY 1 ORDER BY 1"
    )
    asked = {str(status): int(count) for status, count in shares}
    assert asked["Working"] == 0
    assert all(250 < asked[ended] < 350 for ended in ("Closed", "Resolved"))


MANY = """
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT status || '-' || n, 'C', 'api', status, 0, 1, now(), now(), 1, ''
FROM generate_series(1, 1000) AS n CROSS JOIN (VALUES ('Closed'), ('Resolved'), ('Working')) AS s (status)
"""

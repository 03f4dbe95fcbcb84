"""A record of many days, written behind the repositories' backs: so many cases of a topic a day, some escalated."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from handrail.postgres.pool import Pool

WAVE = (0, 1, -1, 1, 0, -1, 0)
"""Escalated cases of a day beyond the usual ones: days differ by chance, and no weekday does."""


@cache
def today() -> date:
    """The day on which the tests began: none fails at midnight."""
    return datetime.now(UTC).date()


async def write_days(
    pool: Pool,
    topic: str,
    since: date,
    until: date,
    *,
    cases: int = 40,
    bad: int = 4,
    model: str = "m-1",
    release: str = "r-1",
) -> None:
    """Write the days from `since` up to and without `until`; a case ends an hour after its opening."""
    async with pool.connection() as connection, connection.transaction():
        for number in range((until - since).days):
            day = since + timedelta(days=number)
            about = {
                "prefix": f"{topic}-{day}-",
                "topic": topic,
                "at": datetime.combine(day, time(9), tzinfo=UTC),
                "cases": cases,
                "bad": bad + WAVE[number % 5],
                "model": model,
                "release": release,
            }
            for statement in (CASES, HANDED, ENDED):
                await connection.execute(statement, about)


CASES = b"""
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, language, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT %(prefix)s || n, %(prefix)s || n, 'api', 'Closed', %(topic)s, 'en', 0, 1, %(at)s, %(at)s, 1, ''
FROM generate_series(1, %(cases)s) AS n
"""
HANDED = b"""
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT %(prefix)s || n, %(prefix)s || n || 'h', %(at)s::timestamptz + interval '10 minutes', 'agent', 'turn:WithHuman',
    jsonb_build_object('model', %(model)s::text, 'release', %(release)s::text)
FROM generate_series(1, %(bad)s) AS n
"""
ENDED = b"""
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT %(prefix)s || n, %(prefix)s || n || 'e', %(at)s::timestamptz + interval '1 hour', 'agent', 'turn:Resolved',
    jsonb_build_object('model', %(model)s::text, 'release', %(release)s::text)
FROM generate_series(1, %(cases)s) AS n
"""

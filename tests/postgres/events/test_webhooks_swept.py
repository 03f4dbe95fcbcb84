"""Messages of webhooks are kept for a while: what is settled goes, what waits for a live endpoint stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.postgres.webhooks import outbox
from handrail.postgres.webhooks.outbox import PostgresOutbox
from tests.postgres.build import NOON, opening
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

KEPT = timedelta(days=30)
MESSAGES = """
INSERT INTO handrail.webhook_endpoints (endpoint_id, url, kinds, owner, removed_at, disabled_at, disabled_because) VALUES
    ('wh-live', 'https://a.example', '{}', 'ann', NULL, NULL, NULL),
    ('wh-off', 'https://b.example', '{}', 'ann', NULL, now() - interval '90 d', 'it answered 410'),
    ('wh-gone', 'https://c.example', '{}', 'ann', now() - interval '31 d', NULL, NULL),
    ('wh-going', 'https://d.example', '{}', 'ann', now() - interval '1 d', NULL, NULL)
"""
ONE_EACH = """
WITH kinds AS (
    SELECT s.state, a.days, row_number() OVER (ORDER BY s.state, a.days) AS n
    FROM unnest('{pending,delivered,dead}'::text[]) AS s (state), unnest('{29,31}'::int[]) AS a (days)
)

INSERT INTO handrail.webhook_messages (message_id, endpoint_id, case_id, sequence, state, noted_at, attempted_at)
SELECT w.endpoint_id || ' ' || k.state || ' ' || k.days, w.endpoint_id, e.case_id, e.sequence, k.state,
    now() - k.days * interval '1 d', CASE WHEN k.state <> 'pending' THEN now() - k.days * interval '1 d' END
FROM handrail.webhook_endpoints AS w
CROSS JOIN kinds AS k
INNER JOIN handrail.case_event AS e ON k.n = e.position - (SELECT min(f.position) - 1 FROM handrail.case_event AS f)
"""


async def left(run: Run) -> set[str]:
    return {name for (name,) in await run("SELECT message_id FROM handrail.webhook_messages")}


async def test_what_is_settled_goes_after_a_while_and_what_waits_stays(
    pool: Pool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(MESSAGES)
    for place in range(3):
        await PostgresCases(pool, business).open(opening(f"case-{place}"), NOON)
    await run(ONE_EACH)
    before = await left(run)
    assert len(before) == 24
    monkeypatch.setattr(outbox, "SWEPT", 3)
    swept = {
        f"{endpoint} {state} 31"
        for endpoint in ("wh-live", "wh-off", "wh-gone", "wh-going")
        for state in ("delivered", "dead")
    }
    swept |= {"wh-gone pending 29", "wh-gone pending 31"}
    assert await PostgresOutbox(pool).sweep(KEPT) == len(swept)
    assert before - await left(run) == swept
    assert await PostgresOutbox(pool).sweep(KEPT) == 0


@pytest.mark.own_database
async def test_the_sweep_goes_through_an_index(pool: Pool, run: Run) -> None:
    async with pool.connection() as connection:
        await connection.execute(b"SET LOCAL enable_seqscan = off")
        about = {"older": KEPT, "most": 5_000}
        cursor = await connection.execute(b"EXPLAIN " + QUERIES["sweep_webhook_messages"], about, prepare=False)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "webhook_messages_settled" in plan
    assert "webhook_messages_pending" in plan

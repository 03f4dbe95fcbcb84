"""Messages of webhooks that somebody should have sent by now: of each case's line the first one tells, and no other."""

from __future__ import annotations

import pytest

from handrail.domain.webhooks import DeliveryRequest
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.postgres.webhooks import outbox
from handrail.postgres.webhooks.outbox import LATE, PostgresOutbox
from tests.postgres.build import NOON, opening
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

ENDPOINT = """
INSERT INTO handrail.webhook_endpoints (endpoint_id, url, kinds, owner) VALUES ('wh-1', 'https://a.example', '{}', 'ann')
"""
NOTED = "UPDATE handrail.webhook_messages SET noted_at = now() - interval '10 min'"
PAUSED = """
UPDATE handrail.webhook_messages AS m SET attempts = 1, next_at = now() + make_interval(mins => %s)
WHERE m.case_id = %s AND m.sequence = (SELECT min(p.sequence) FROM handrail.webhook_messages AS p WHERE p.case_id = m.case_id)
RETURNING m.message_id
"""


async def lines(pool: Pool, run: Run, *case_ids: str) -> PostgresOutbox:
    """Lines of two messages each, which were noted ten minutes ago and of which nobody has tried one."""
    await run(ENDPOINT)
    found = PostgresOutbox(pool)
    for case_id in case_ids:
        await PostgresCases(pool, business).open(opening(case_id), NOON)
    await found.address()
    await run(NOTED)
    assert await run("SELECT count(*) FROM handrail.webhook_messages GROUP BY case_id") == [(2,)] * len(case_ids)
    return found


async def overdue(found: PostgresOutbox) -> list[str]:
    return [one.case_id for one in await found.overdue()]


async def test_what_waits_behind_a_message_in_its_pause_is_not_overdue(pool: Pool, run: Run) -> None:
    found = await lines(pool, run, "case-1")
    assert await found.overdue() == [DeliveryRequest(endpoint_id="wh-1", case_id="case-1")]
    await run(PAUSED, 60, "case-1")
    assert await found.overdue() == []
    await run(PAUSED, -1, "case-1")
    assert await overdue(found) == ["case-1"]
    await run("UPDATE handrail.webhook_messages SET state = 'delivered' WHERE attempts = 1")
    assert await overdue(found) == ["case-1"], "now it is the first"


async def test_what_is_due_longest_is_begun_first(pool: Pool, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await lines(pool, run, "case-a", "case-b", "case-c")
    for minutes, case_id in enumerate(("case-a", "case-b", "case-c"), start=1):
        await run(PAUSED, -minutes, case_id)
    assert await overdue(found) == ["case-c", "case-b", "case-a"]
    monkeypatch.setattr(outbox, "BATCH", 2)
    assert await overdue(found) == ["case-c", "case-b"]
    await run(PAUSED, 60, "case-c")
    assert await overdue(found) == ["case-b", "case-a"], "who was begun makes room"


@pytest.mark.own_database
async def test_the_look_goes_through_an_index(pool: Pool, run: Run) -> None:
    async with pool.connection() as connection:
        await connection.execute(b"SET LOCAL enable_seqscan = off")
        about = {"late": LATE, "without": [], "most": 500}
        cursor = await connection.execute(b"EXPLAIN " + QUERIES["overdue_webhooks"], about, prepare=False)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert plan.count("webhook_messages_pending") == 2, plan

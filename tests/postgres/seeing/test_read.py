"""Figures that are read from the record: what counts, and what the reading costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.domain.case.cases import AuditEntry, CaseStatus, Commit, Tier
from handrail.domain.mail import PACED
from handrail.domain.quality.days import STEPS
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.postgres.seeing import PostgresFigures
from handrail.seeing.figures import catalogue
from tests.postgres.build import NOON, opening, row
from tests.postgres.conftest import Run


async def test_a_case_that_nobody_answered_in_time_is_late_until_somebody_does(pool: Pool, cases: PostgresCases) -> None:
    async def late() -> float:
        return (await PostgresFigures(pool).read())["handrail_queue_overdue"]["1"]

    due = datetime.now(UTC) + timedelta(hours=4)
    await cases.open(opening(), NOON)
    waits: dict[str, Any] = {"status": CaseStatus.WITH_HUMAN, "tier": Tier.SUPPORT, "queue": "support", "due_at": due}
    seen = []
    for number, action in enumerate(("reminder", "overdue", "reply", "overdue"), start=2):
        at = NOON + timedelta(minutes=number)
        entry = AuditEntry(entry_id=f"{action}-{number}", at=at, actor="clock", action=action, details={})
        await cases.commit(Commit(row=row(number, **waits), audit=[entry]))
        seen.append(await late())
    assert seen == [0, 1, 0, 1]
    await cases.commit(Commit(row=row(6, **waits | {"due_at": None})))
    assert await late() == 0
    await cases.commit(Commit(row=row(7, status=CaseStatus.RESOLVED)))
    await cases.commit(Commit(row=row(8, **waits)))
    assert await late() == 0, "what was late in an earlier stay is no more"


async def test_a_mail_that_may_not_leave_yet_is_not_late(pool: Pool, run: Run, cases: PostgresCases) -> None:
    async def oldest() -> float:
        return (await PostgresFigures(pool).read())["handrail_outbox_oldest_seconds"]["mail"]

    await cases.open(opening(), NOON)
    await run(
        "INSERT INTO handrail.departures (case_id, message_id, channel, address, answers, noted_at, next_at, words)"
        " SELECT case_id, message_id, 'mail', 'a@example.com', message_id, now() - interval '20 minutes',"
        " now() + interval '5 minutes', %s FROM handrail.messages LIMIT 1",
        PACED,
    )
    assert await oldest() == 0
    await run("UPDATE handrail.departures SET next_at = now() - interval '1 minute'")
    assert 60 <= await oldest() < 600
    await run("UPDATE handrail.departures SET words = 'the mail server is away'")
    assert await oldest() >= 1200


async def test_the_record_is_read_in_one_statement_that_writes_nothing(pool: Pool, run: Run, cases: PostgresCases) -> None:
    await cases.open(opening(), NOON)
    found = await PostgresFigures(pool).read()
    assert set(found) <= {one.name for one in catalogue.RECORD}
    assert found["handrail_switch_on"] == {"": 0}
    async with pool.connection() as connection:
        about = {"steps": len(STEPS), "paced": PACED}
        cursor = await connection.execute(b"EXPLAIN " + QUERIES["seen_figures"], about, prepare=False)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "ModifyTable" not in plan

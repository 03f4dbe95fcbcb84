"""The work queue: an item for each case with people, in the transaction that hands it over; leased to one at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from handrail.domain.case.cases import CaseRow, CaseStatus, Commit, Tier
from handrail.domain.team.staff import TeamMember, Window
from handrail.drills.queue_load import Crowd, throwaway
from handrail.embedded.postgres import Postgres
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

ANN = TeamMember(name="ann", skills=["support"], languages=["en"], pool=True)
BEN = TeamMember(name="ben", skills=["support", "payments"], languages=["en", "de"], tier=2, pool=True)
SPOKEN = ["support:en", "support:de", "payments:en", "payments:de"]
OVER = timedelta(milliseconds=1)


@pytest.fixture
def queue(pool: Pool) -> PostgresQueue:
    return PostgresQueue(pool)


class Desk:
    """Commits rows as cases do."""

    def __init__(self, cases: PostgresCases) -> None:
        self._cases = cases
        self.rows: dict[str, CaseRow] = {}

    async def put(self, case_id: str, **changes: Any) -> None:
        fresh = {
            "status": CaseStatus.WITH_HUMAN,
            "tier": Tier.SUPPORT,
            "queue": "support",
            "priority": 3,
            "due_at": NOON,
            "language": "en",
        }
        base = CaseRow(case_id=case_id, customer_id="C-1", opened_at=NOON, updated_at=NOON).model_copy(update=fresh)
        before = self.rows.get(case_id, base)
        row = before.model_copy(update={**changes, "version": before.version + 1})
        await self._cases.commit(Commit(row=row))
        self.rows[case_id] = row


@pytest.fixture
def desk(cases: PostgresCases) -> Desk:
    return Desk(cases)


async def test_a_case_is_in_the_queue_exactly_while_it_is_with_people(queue: PostgresQueue, desk: Desk, run: Run) -> None:
    await desk.put("a", status=CaseStatus.WORKING, queue=None)
    assert await queue.item("a") is None
    await desk.put("a", status=CaseStatus.WITH_HUMAN, queue="payments", tier=Tier.SPECIALIST, priority=1, reason="risk")
    item = await queue.item("a")
    assert item is not None
    assert (item.queue, item.tier, item.priority, item.reason, item.due_at) == ("payments", 2, 1, "risk", NOON)
    for status in (CaseStatus.WORKING, CaseStatus.RESOLVED, CaseStatus.CLOSED):
        await desk.put("a", status=CaseStatus.WITH_HUMAN)
        await desk.put("a", status=status)
        assert await queue.item("a") is None
        if status is not CaseStatus.CLOSED:
            await desk.put("a", status=CaseStatus.WITH_HUMAN)
    with pytest.raises(psycopg.errors.RaiseException, match="broken"):
        await run("do $$ begin insert into handrail.cases (case_id, customer_id, channel, status, tier, turn, opened_at, "
                  "updated_at, version, content_digest) values ('b', 'C', 'x', 'WithHuman', 1, 1, now(), now(), 1, ''); "
                  "raise exception 'broken'; end $$")  # fmt: skip
    assert await queue.item("b") is None
    assert (await queue.depth()).forgotten == 0


async def test_the_best_case_that_the_person_can_do(queue: PostgresQueue, desk: Desk) -> None:
    await desk.put("late", priority=4, due_at=NOON - timedelta(hours=9))
    await desk.put("soon", priority=2, due_at=NOON + timedelta(hours=1))
    await desk.put("first", priority=2)
    await desk.put("german", priority=1, language="de")
    await desk.put("money", priority=1, queue="payments")
    await desk.put("hard", priority=1, tier=Tier.SPECIALIST)
    await desk.put("swedish", priority=5, language="sv")
    taken = [item.case_id if (item := await queue.claim(ANN, SPOKEN)) else None for _ in range(5)]
    # Nobody speaks Swedish, so it is for everybody.
    assert taken == ["first", "soon", "late", "swedish", None]
    assert {(await queue.claim(BEN, SPOKEN)).case_id for _ in range(3)} == {"german", "money", "hard"}  # type: ignore[union-attr]


async def test_a_lease_that_ends_is_offered_again_and_its_holder_is_fenced_off(queue: PostgresQueue, desk: Desk) -> None:
    await desk.put("a")
    held = await queue.claim(ANN, SPOKEN)
    assert held is not None
    assert held.lease_id
    assert await queue.claim(BEN, SPOKEN) is None
    assert await queue.heartbeat("a", held.lease_id, OVER) is not None
    await asyncio.sleep(0.05)
    assert await queue.heartbeat("a", held.lease_id) is None
    again = await queue.claim(BEN, SPOKEN)
    assert again is not None
    assert (again.holder, again.offers) == ("ben", 2)
    assert again.lease_id != held.lease_id
    assert await queue.heartbeat("a", held.lease_id) is None
    assert await queue.release("a", held.lease_id) is False
    assert (await queue.item("a")).holder == "ben"  # type: ignore[union-attr]


async def test_what_the_case_itself_says_ends_or_keeps_a_lease(queue: PostgresQueue, desk: Desk) -> None:
    await desk.put("a")
    held = await queue.claim(ANN, SPOKEN)
    assert held is not None
    await desk.put("a", assignee="ann")
    assert (await queue.item("a")).lease_id == held.lease_id  # type: ignore[union-attr]
    await desk.put("a", queue="payments", assignee=None)
    assert (await queue.item("a")).lease_id is None  # type: ignore[union-attr]

    await desk.put("b")
    await queue.claim(ANN, SPOKEN)
    await desk.put("b", assignee="somebody else")
    item = await queue.item("b")
    assert item is not None
    assert item.holder is None
    # Claimed without the queue: theirs, until the deadline takes it from them.
    assert await queue.claim(ANN, SPOKEN) is None
    await desk.put("b", assignee=None)
    assert (await queue.claim(ANN, SPOKEN)) is not None


async def test_a_case_that_was_answered_is_not_offered_until_the_customer_writes(queue: PostgresQueue, desk: Desk) -> None:
    await desk.put("a")
    assert await queue.claim(ANN, SPOKEN, OVER)
    await desk.put("a", assignee="ann", due_at=None)
    await asyncio.sleep(0.05)
    assert await queue.claim(BEN, SPOKEN) is None
    await desk.put("a", due_at=NOON)
    over = await queue.claim(BEN, SPOKEN)
    assert over is not None
    assert (over.assignee, over.holder) == ("ann", "ben")


async def test_on_call_hours_are_kept_and_taken_back(queue: PostgresQueue) -> None:
    window = Window(window_id="w1", person="ann", start=NOON, end=NOON + timedelta(hours=4), added_by="ben")
    await queue.add(window, NOON)
    await queue.add(window, NOON)
    assert await queue.windows((NOON + timedelta(hours=3), NOON + timedelta(hours=9))) == [window]
    assert await queue.windows((NOON + timedelta(hours=4), NOON + timedelta(hours=9))) == []
    assert await queue.drop("w1") is True
    assert await queue.drop("w1") is False


async def test_many_people_who_die_lose_no_case_and_share_none(postgres_url: str, postgres: Postgres) -> None:
    async with throwaway(postgres_url, business) as url:
        report = await Crowd(url, cases=150, claimers=20).run()
    assert report.passed, report
    assert (report.finished, report.double_holds, report.forgotten) == (150, 0, 0)
    assert report.deaths > 0
    assert report.reoffered > 0
    with psycopg.connect(postgres_url) as admin:
        left = admin.execute("select datname from pg_database where datname like 'handrail_crowd_%'").fetchall()
    assert left == []

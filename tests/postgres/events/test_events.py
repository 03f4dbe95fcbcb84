"""Events of cases: what each commit tells, in which order, and that readers never find a number before the one below it."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.events import CaseEvent, EventKind, for_customer
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.ratings import RateCase, RatedCase
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Child, until_ready
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.events import PostgresEvents
from handrail.postgres.case.ratings import PostgresRatings
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from tests.postgres.build import NOON, approval, at, audit, decided, effect, opening, proposal, row, ruled
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

ALL = 10_000
SEED = 20_260_304


@pytest.fixture
def events(pool: Pool) -> PostgresEvents:
    return PostgresEvents(pool)


def said(message_id: str, author: Author = Author.ASSISTANT, sequence: int = 1) -> Message:
    return Message(message_id=message_id, author=author, text=f"Words of {message_id}", at=NOON, turn=1, sequence=sequence)


def told(found: list[CaseEvent]) -> list[tuple[str, Any]]:
    """Each event's kind, and what tells it from others of the kind."""
    telling = ("message_id", "effect_id", "for", "status")
    return [(one.kind.value, next((one.body[name] for name in telling if name in one.body), None)) for one in found]


async def test_the_way_of_a_case_is_told_once_and_in_order(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, events: PostgresEvents
) -> None:
    held = proposal()
    asked = approval()
    await cases.open(opening(), NOON)
    waits = Commit(
        row=row(1, status=CaseStatus.AWAITING_APPROVAL),
        messages=[said("m-2", Author.SYSTEM)],
        rulings=[ruled(held, Ruling.REQUIRE_APPROVAL)],
        approvals=[asked],
    )
    approved = Commit(row=row(2), approvals=[decided(asked, DecisionKind.APPROVE)])
    resolved = Commit(row=row(3, status=CaseStatus.RESOLVED), messages=[said("m-3")], audit=[audit("a-3")])
    again = Commit(row=row(4, status=CaseStatus.WITH_HUMAN, queue="support"), messages=[said("m-4", Author.CUSTOMER)])
    taken = Commit(row=row(5, status=CaseStatus.WITH_HUMAN, queue="support", assignee="bea"))
    closed = Commit(row=row(6, status=CaseStatus.CLOSED, queue="support", assignee="bea"))
    await cases.commit(waits)
    await cases.commit(approved)
    await record.apply(effect())
    for commit in (resolved, again, taken, closed):
        await cases.commit(commit)
    await PostgresRatings(pool).rate(RatedCase(case_id="case-1", rating=RateCase(survey_id="s", csat=5), at=at(9)))
    found = await events.of_case("case-1", 0, ALL)
    assert told(found) == [
        ("opened", None),
        ("message", "m-1"),
        ("reply", "m-2"),
        ("waiting", "approval"),
        ("status", "AwaitingApproval"),
        ("decided", "approved"),
        ("status", "Working"),
        ("effect", "e-1"),
        ("reply", "m-3"),
        ("resolved", "Resolved"),
        ("reopened", "WithHuman"),
        ("message", "m-4"),
        ("waiting", "person"),
        ("assigned", None),
        ("closed", "Closed"),
        ("rated", None),
    ]
    assert [one.sequence for one in found] == list(range(1, len(found) + 1))
    assert found[1].text == "Hello"
    assert found[2].text == "Words of m-2"
    assert found[3].body == {
        **{"for": "approval", "approval_id": "e-1", "revision": 1, "kind": "approval", "action": "pay"},
        **{"due_at": "2026-05-04T16:00:00+00:00", "yes": 0, "quorum": 1, "roles": ["support"]},
    }
    assert found[5].body["by"] == "rita"
    # The same commits again, and late ones, tell nothing.
    for commit in (waits, approved, resolved, again, taken, closed):
        await cases.commit(commit)
    assert await record.apply(effect())
    assert await events.of_case("case-1", 0, ALL) == found
    assert await events.of_case("case-1", 14, 1) == found[14:15]


async def test_what_is_rolled_back_tells_nothing(pool: Pool, events: PostgresEvents, cases: PostgresCases, run: Run) -> None:
    await cases.open(opening(), NOON)
    before = await events.newest()
    change = b"UPDATE handrail.cases SET status = %s"
    async with pool.connection() as connection, connection.transaction(force_rollback=True):
        await connection.execute(change, ["Resolved"])
    async with pool.connection() as connection, connection.transaction():
        async with connection.transaction(force_rollback=True):
            await connection.execute(change, ["WithHuman"])
        await connection.execute(change, ["AwaitingCustomer"])
    assert told(await events.since(before, ALL)) == [("status", "AwaitingCustomer")]
    assert await run("SELECT count(*) FROM handrail.case_event_drafts") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE handrail.case_event SET kind = 'closed'",
        "DELETE FROM handrail.case_event",
        "TRUNCATE handrail.case_event CASCADE",
    ],
)
async def test_events_are_only_added_to(cases: PostgresCases, run: Run, change: str) -> None:
    await cases.open(opening(), NOON)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="events are only added to"):
        await run(change)


async def test_many_cases_in_one_commit_are_announced_together(run: Run, events: PostgresEvents) -> None:
    await run(
        "INSERT INTO handrail.cases (case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version,"
        " content_digest) SELECT 'c-' || n, 'C', 'api', 'Resolved', 0, 1, now(), now(), 1, ''"
        " FROM generate_series(1, 300) AS n"
    )
    found = await events.since(0, ALL)
    assert [one.position for one in found] == list(range(1, 601))
    assert {one.sequence for one in found} == {1, 2}
    assert all(one.kind is (EventKind.OPENED if one.sequence == 1 else EventKind.RESOLVED) for one in found)


def test_a_customer_reads_no_names_and_no_decisions() -> None:
    def event(kind: EventKind, **body: Any) -> CaseEvent:
        return CaseEvent(case_id="c", sequence=1, position=7, kind=kind, at=NOON, body=body)

    for kind in (EventKind.DECIDED, EventKind.EFFECT, EventKind.HANDOFF):
        assert for_customer(event(kind, by="rita", status="approved")) is None
    private = {"by": "bea", "queue": "fraud", "reason": "risk", "approval_id": "a-1", "note": "a liar", "customer_id": "C-9"}
    for kind in EventKind:
        seen = for_customer(event(kind, **private, status="WithHuman"))
        assert seen is None or not seen.body.keys() & private.keys()


async def test_readers_never_find_a_number_before_the_one_below_it(
    cases: PostgresCases, record: PostgresRecord, events: PostgresEvents, run: Run
) -> None:
    """Writers commit to the same cases at once, steps and effects crosswise; each look of a reader finds no gap."""
    numbers, ids = range(12), [f"c-{n}" for n in range(4)]
    for case_id in ids:
        await cases.open(opening(case_id), NOON)
        rulings = [ruled(proposal(f"{case_id}-{n}"), Ruling.ALLOW) for n in numbers]
        await cases.commit(Commit(row=row(1, case_id), rulings=rulings))
    stop, looks = asyncio.Event(), 0

    async def say(case_id: str, n: int) -> None:
        await cases.commit(Commit(row=row(n + 2, case_id), messages=[said(f"r-{n}", sequence=n)], audit=[audit(f"a-{n}")]))

    async def pay(case_id: str, n: int) -> None:
        await record.apply(effect(f"{case_id}-{n}").model_copy(update={"case_id": case_id}))

    async def read_all() -> None:
        nonlocal looks
        position = 0
        while not stop.is_set() or position < await events.newest():
            found = await events.since(position, ALL)
            assert [one.position for one in found] == list(range(position + 1, position + 1 + len(found)))
            position, looks = position + len(found), looks + bool(found)

    async def read_case(case_id: str) -> None:
        last = 0
        while not stop.is_set():
            found = await events.of_case(case_id, last, ALL)
            assert [one.sequence for one in found] == list(range(last + 1, last + 1 + len(found)))
            last += len(found)

    readers = [asyncio.create_task(work) for work in (read_all(), *map(read_case, ids))]
    jobs: list[Awaitable[None]] = [act(case_id, n) for n in numbers for case_id in ids for act in (say, pay)]
    random.Random(SEED).shuffle(jobs)
    await asyncio.gather(*jobs)
    words = len(numbers)
    while looks < 20:
        await asyncio.gather(*(say(case_id, words) for case_id in ids))
        words += 1
    stop.set()
    await asyncio.gather(*readers)
    assert len(await events.since(0, ALL)) == len(ids) * (2 + words + len(numbers))
    assert_tells_all(await untold(run))


UNTOLD = Path(__file__).with_name("untold.sql")


async def untold(run: Callable[[str], Awaitable[list[tuple[Any, ...]]]]) -> list[tuple[Any, ...]]:
    return await run(UNTOLD.read_text())


def assert_tells_all(found: list[tuple[Any, ...]]) -> None:
    assert found == []


async def test_whatever_is_killed_each_commit_is_told_exactly_once(servers: Path) -> None:
    """Backends and then the server die in the middle of commits, which are tried again."""
    server = Postgres(servers / "events", free_block(1), durable=True)
    server.prepare()
    log, dice = servers / "events.log", random.Random(SEED)
    child = Child(server.name, server.command(), log)
    await until_ready(server, child)
    await migrate(server.url, business, NOON)
    pool = await open_pool(server.url, size=6, wait=30)
    cases, killed = PostgresCases(pool, business), defaultdict[str, int](int)
    try:

        async def insist(act: Callable[[], Awaitable[Any]]) -> None:
            while True:
                try:
                    await act()
                    return
                except psycopg.OperationalError:
                    killed["commits"] += 1

        async def drive(case_id: str) -> None:
            await insist(lambda: cases.open(opening(case_id), NOON))
            for n in range(1, 15):
                status = CaseStatus.RESOLVED if n % 3 == 0 else CaseStatus.WORKING
                step = Commit(
                    row=row(n, case_id, status=status), messages=[said(f"r-{n}", sequence=n)], audit=[audit(f"a-{n}")]
                )
                await insist(lambda step=step: cases.commit(step))  # type: ignore[misc]

        async def kill_backends() -> None:
            while True:
                await asyncio.sleep(dice.uniform(0.01, 0.05))
                with suppress(psycopg.OperationalError):
                    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
                        await connection.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'handrail'"
                            " AND state = 'active' ORDER BY random() LIMIT 1"
                        )

        await cases.open(opening("warm"), NOON)
        driven = 0

        async def drive_while(wanted: Callable[[], bool]) -> None:
            nonlocal driven
            while wanted():
                await asyncio.wait_for(asyncio.gather(*(drive(f"c-{driven + n}") for n in range(6))), 60)
                driven += 6
                assert driven < 1200, "nothing was killed in the middle"

        killer = asyncio.create_task(kill_backends())
        await drive_while(lambda: killed["commits"] < 4)
        killer.cancel()
        killed.clear()
        work = asyncio.create_task(drive_while(lambda: killed["servers"] < 3))
        for _ in range(3):
            await asyncio.sleep(0.15)
            child.kill()
            child.stop()
            server.prepare()
            child = Child(server.name, server.command(), log)
            await until_ready(server, child)
            killed["servers"] += 1
        await work
        assert killed["commits"], "the server was killed while nothing was committed"
        await pool.check()
        found = await PostgresEvents(pool).since(0, ALL)
        # Opened, a message; fourteen replies; four resolved and four reopened; nothing twice however often it was tried.
        assert len(found) == 2 + driven * (2 + 14 + 4 + 4)
        assert [one.position for one in found] == list(range(1, len(found) + 1))
        async with pool.connection() as connection:
            assert_tells_all(await (await connection.execute(UNTOLD.read_bytes())).fetchall())
    finally:
        await pool.close()
        child.stop()

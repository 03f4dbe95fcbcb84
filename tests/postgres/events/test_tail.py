"""The tail: readers that come and go at random find every event once and in order, whatever of the announcements is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import psycopg
import pytest

from handrail.background import supervised
from handrail.domain.case.cases import Commit
from handrail.domain.case.events import CaseEvent
from handrail.events.tail import EventTail
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.events import PostgresEvents, announced
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, audit, opening, row
from tests.postgres.conftest import Run
from tests.support.house import wait_for

ALL = 10_000
LOST = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)
EARS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query IN ('LISTEN handrail_events;')"


@pytest.fixture
async def tail(pool: Pool, database_url: str) -> AsyncIterator[EventTail]:
    found = EventTail(PostgresEvents(pool), lambda: announced(database_url), psycopg.OperationalError, 0.2, 0.05)
    async with supervised("the tail", found.forever):
        yield found


async def write(cases: PostgresCases, case_id: str, steps: int, before: int = 0) -> None:
    """Move the case between two statuses, an event each, as far as that; `before` is how far it came."""
    await cases.open(opening(case_id), NOON)
    for n in range(before + 1, steps + 1):
        status = ("Working", "AwaitingCustomer")[n % 2]
        await cases.commit(Commit(row=row(n, case_id, status=status), audit=[audit(f"a-{n}")]))


async def test_readers_that_are_cut_off_a_hundred_times_find_every_event_once(
    tail: EventTail, cases: PostgresCases, pool: Pool, run: Run
) -> None:
    ids, steps, dice = [f"c-{n}" for n in range(5)], 30, random.Random(7)
    events, cuts, deafened = PostgresEvents(pool), 0, 0

    async def read(case_id: str) -> list[CaseEvent]:
        """Follow, in pieces that end anywhere."""
        nonlocal cuts
        got: list[CaseEvent] = []
        while len(got) < steps + 2:
            left = dice.randint(1, 3)
            async with aclosing(tail.of_case(case_id, got[-1].sequence if got else 0, 0.05)) as stream:
                async for batch in stream:
                    got += batch[:left]
                    if batch:
                        break
            cuts += 1
        return got

    async def read_all() -> list[CaseEvent]:
        got: list[CaseEvent] = []
        async with aclosing(tail.of_all(0, 5)) as stream:
            async for batch in stream:
                got += batch
                if len(got) == len(ids) * (steps + 2):
                    break
        return got

    async def listens() -> bool:
        return await run(EARS) != [(0,)]

    async def tell(case_id: str) -> None:
        """Move a case on, which is read till its end; before every ten steps, the ear that listens by then is lost."""
        nonlocal deafened
        for n in range(0, steps, 10):
            await wait_for(listens)
            ((lost,),) = await run(LOST)
            deafened += lost
            await write(cases, case_id, n + 10, n)

    reading = asyncio.gather(read_all(), *map(read, ids))
    await asyncio.gather(*map(tell, ids))
    async with asyncio.timeout(60):
        whole, *each = await reading
    assert deafened >= steps / 10
    assert cuts > 50
    for case_id, got in zip(ids, each, strict=True):
        assert got == await events.of_case(case_id, 0, ALL)
    assert whole == await events.since(0, ALL)
    assert tail.readers == 0


async def test_one_ear_serves_all_readers_and_closing_ends_them(tail: EventTail, cases: PostgresCases, run: Run) -> None:
    await cases.open(opening(), NOON)
    ended = 0

    async def read(case_id: str) -> None:
        nonlocal ended
        async for _ in tail.of_case(case_id, 0, 60):
            pass
        ended += 1

    readers = [asyncio.create_task(read(f"case-{n % 7}")) for n in range(50)]

    async def all_follow() -> bool:
        return tail.readers == len(readers) and await run(EARS) == [(1,)]

    await wait_for(all_follow)
    tail.close()
    async with asyncio.timeout(30):
        await asyncio.gather(*readers)
    assert ended == len(readers)
    assert [batch async for batch in tail.of_all(0, 60)] == [], "a closed tail takes no reader"


async def test_an_announcement_wakes_long_before_the_look(pool: Pool, cases: PostgresCases, database_url: str) -> None:
    slow = EventTail(PostgresEvents(pool), lambda: announced(database_url), psycopg.OperationalError, look_seconds=3600)
    await cases.open(opening(), NOON)
    async with supervised("the tail", slow.forever), aclosing(slow.of_case("case-1", 2, 0.2)) as stream:
        assert await anext(stream) == []
        async with asyncio.timeout(30):
            while not (found := await anext(stream)):
                # Words come only to an ear that listens by then.
                await cases.commit(Commit(row=row(1, status="Resolved")))
    assert [one.kind for one in found] == ["resolved"]


async def test_nothing_listens_where_nobody_reads(pool: Pool, cases: PostgresCases, database_url: str, run: Run) -> None:
    events, listened = PostgresEvents(pool), 0

    async def counted() -> AsyncGenerator[list[str], None]:
        nonlocal listened
        listened += 1
        async with aclosing(announced(database_url)) as announcing:
            async for case_ids in announcing:
                yield case_ids

    tail = EventTail(events, counted, psycopg.OperationalError, 0.2, 0.05, linger_seconds=0)
    async with supervised("the tail", tail.forever):
        for visit in (1, 2):
            await cases.open(opening(f"c-{visit}"), NOON)
            assert (listened, await run(EARS)) == (visit - 1, [(0,)])
            async with aclosing(tail.of_case(f"c-{visit}", 0, 0.05)) as stream:
                assert await anext(stream)

                async def hears(visit: int = visit) -> bool:
                    return listened == visit and await run(EARS) == [(1,)]

                await wait_for(hears)
            assert tail.readers == 0
            await cases.commit(Commit(row=row(1, f"c-{visit}", status="Resolved")))

            async def deaf() -> bool:
                return await run(EARS) == [(0,)]

            await wait_for(deaf)


async def test_trouble_that_nobody_misses_any_more_is_taken_back(pool: Pool, cases: PostgresCases) -> None:
    async def away() -> AsyncGenerator[list[str], None]:
        raise psycopg.OperationalError("away")
        yield []

    said: list[str | None] = []
    tail = EventTail(PostgresEvents(pool), away, psycopg.OperationalError, 0.2, 0.05)
    await cases.open(opening("c-1"), NOON)
    async with supervised("the tail", lambda: tail.forever(said.append)):
        async with aclosing(tail.of_case("c-1", 0, 0.05)) as stream:
            assert await anext(stream)

            async def troubled() -> bool:
                return "cannot listen for events: away" in said

            await wait_for(troubled)

        async def well() -> bool:
            return said[-1] is None

        await wait_for(well)

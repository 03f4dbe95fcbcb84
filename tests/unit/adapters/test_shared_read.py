"""One read for many who ask at once: none gets what was found before it asked."""

from __future__ import annotations

import asyncio

from handrail.postgres.shared import SharedRead


class Record:
    """A record that is read slowly: a read finds what stands when it begins."""

    def __init__(self) -> None:
        self.stands = 0
        self.reads = 0
        self.may_end = asyncio.Event()
        self.failing = False

    async def read(self) -> int:
        self.reads += 1
        found = self.stands
        await self.may_end.wait()
        if self.failing:
            raise ConnectionError("away")
        return found


async def begun() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_ask_while_it_runs_share_the_next_run() -> None:
    record = Record()
    shared = SharedRead(record.read)
    first = asyncio.create_task(shared.now())
    await begun()
    record.stands = 1
    later = [asyncio.create_task(shared.now()) for _ in range(20)]
    await begun()
    assert record.reads == 1
    record.may_end.set()
    assert await first == 0
    assert await asyncio.gather(*later) == [1] * 20
    assert record.reads == 2


async def test_what_changes_before_somebody_asks_is_found() -> None:
    record = Record()
    record.may_end.set()
    shared = SharedRead(record.read)
    for number in range(3):
        record.stands = number
        assert await shared.now() == number
    assert record.reads == 3


async def test_whoever_gives_up_leaves_the_read_to_the_others() -> None:
    record = Record()
    shared = SharedRead(record.read)
    impatient, patient = asyncio.create_task(shared.now()), asyncio.create_task(shared.now())
    await begun()
    impatient.cancel()
    await begun()
    record.may_end.set()
    assert await patient == 0
    assert impatient.cancelled()
    assert record.reads == 1


async def test_an_error_reaches_all_who_share_it_and_nobody_else() -> None:
    record = Record()
    shared = SharedRead(record.read)
    record.failing = True
    record.may_end.set()
    found = await asyncio.gather(shared.now(), shared.now(), return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionError, ConnectionError]
    record.failing = False
    assert await shared.now() == 0

"""Nodes and turns at work in one process: decisions go first, customers take turns, none takes all, and no place is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from handrail.wiring.cases.order import SHARE, NodeOrder, TurnOrder

FOREVER = 60.0
NOISY, OTHER, THIRD = "C-noisy", "C-other", "C-third"


class Work:
    """Nodes that end when they are told to; `begun` is who came to work, in that order."""

    def __init__(self, order: NodeOrder | TurnOrder) -> None:
        self.order = order
        self.begun: list[str] = []
        self.end = asyncio.Event()

    def start(self, names: Sequence[str], *, first: bool = False) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._node(name, first=first)) for name in names]

    async def _node(self, name: str, *, first: bool) -> None:
        async with self.order.place(name, first):
            self.begun.append(name)
            await self.end.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def work() -> Work:
    return Work(NodeOrder(places=1, slice_seconds=FOREVER))


async def test_a_customer_with_one_turn_waits_for_one_of_the_noisy_ones(work: Work) -> None:
    tasks = work.start([NOISY] * 5)
    await settle()
    tasks += work.start([OTHER, THIRD])
    await settle()
    assert work.begun == [NOISY]
    work.end.set()
    await asyncio.gather(*tasks)
    assert work.begun == [NOISY, NOISY, OTHER, THIRD, NOISY, NOISY, NOISY]


async def test_what_a_person_decided_goes_before_all_that_waits(work: Work) -> None:
    tasks = work.start([NOISY] * 3)
    await settle()
    tasks += work.start(["C-decided"], first=True)
    await settle()
    work.end.set()
    await asyncio.gather(*tasks)
    assert work.begun == [NOISY, "C-decided", NOISY, NOISY]


async def test_a_node_that_waits_for_a_model_gives_up_its_place() -> None:
    work = Work(NodeOrder(places=1, slice_seconds=0.001))
    tasks = work.start([NOISY] * 3)
    while len(work.begun) < 3:  # noqa: ASYNC110 - by a timer of its own
        await asyncio.sleep(0.001)
    work.end.set()
    await asyncio.gather(*tasks)
    assert work.order._places._free == 1, "each place was given back once"


@pytest.mark.parametrize("fails", [True, False])
async def test_whoever_fails_or_is_cut_short_leaves_the_place_to_the_next(work: Work, fails: bool) -> None:
    async def failing() -> None:
        async with work.order.place(OTHER, False):
            raise ValueError

    tasks = work.start([NOISY])
    await settle()
    cut = asyncio.create_task(failing()) if fails else work.start([OTHER])[0]
    tasks += work.start([THIRD])
    await settle()
    if not fails:
        cut.cancel()
    work.end.set()
    await asyncio.gather(*tasks)
    await asyncio.wait({cut})
    assert work.begun == [NOISY, THIRD]
    assert work.order._places._free == 1


async def test_a_place_that_comes_as_its_waiter_is_cut_short_is_not_lost(work: Work) -> None:
    first = work.start([NOISY])[0]
    await settle()
    waiting = work.start([OTHER])[0]
    await settle()
    work.end.set()
    # Its place has come, and it has not run since.
    work.order._places.leave(NOISY)
    waiting.cancel()
    await asyncio.wait({first, waiting})
    assert work.order._places._free == 2, "that one, and the first one's"
    assert work.begun == [NOISY]


async def test_one_customer_has_a_share_of_the_turns_and_others_begin_at_once() -> None:
    work = Work(TurnOrder(places=2 * SHARE))
    tasks = work.start([NOISY] * 3 * SHARE)
    await settle()
    assert work.begun == [NOISY] * 2
    tasks += work.start([OTHER, THIRD])
    await settle()
    assert work.begun == [NOISY, NOISY, OTHER, THIRD]
    work.end.set()
    await asyncio.gather(*tasks)
    assert sorted(work.begun) == sorted([OTHER, THIRD, *[NOISY] * 3 * SHARE])
    assert work.order._places._free == 2 * SHARE
    assert not work.order._places._taken
    assert not work.order._places._customers


async def test_what_a_person_decided_waits_for_no_turn_and_takes_nobodys_place() -> None:
    work = Work(TurnOrder(places=1))
    tasks = work.start([NOISY, OTHER])
    tasks += work.start([NOISY, THIRD], first=True)
    await settle()
    assert work.begun == [NOISY, NOISY, THIRD]
    work.end.set()
    await asyncio.gather(*tasks)
    assert work.begun == [NOISY, NOISY, THIRD, OTHER]
    assert work.order._places._free == 1

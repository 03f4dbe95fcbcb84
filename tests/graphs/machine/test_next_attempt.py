"""The next attempt at a turn goes on behind what the last one noted."""

from __future__ import annotations

import asyncio

import pytest

from graphs.state import CaseState
from handrail.domain.case.turns import TurnSuperseded
from tests.support.losing import WHOLE, lost_at
from tests.support.small import World, turn


@pytest.mark.parametrize(("name", "after"), [("rule", False), ("rule", True), ("act", False), ("act", True)])
async def test_a_second_attempt_goes_on_behind_the_answer(name: str, after: bool) -> None:
    world = World()
    await lost_at(world, name, after=after)
    world.way.clear()
    result = await turn(world.machine(), attempt=2)
    assert world.way == WHOLE[1:]
    assert (len(world.asked), len(world.written), len(world.replies)) == (2, 2, 1)
    assert result.learned
    assert not result.recovered


async def test_an_answer_that_was_not_noted_is_asked_for_again() -> None:
    world = World()
    await lost_at(world, "ask", round=1, after=True)
    world.way.clear()
    await turn(world.machine(), attempt=2)
    assert world.way == WHOLE[1:], "the first answer stood, the second did not"
    assert (len(world.asked), len(world.written)) == (3, 2)


async def test_an_attempt_behind_the_end_returns_it_and_runs_nothing() -> None:
    world = World()
    await lost_at(world, "finish", round=2, after=True)
    world.way.clear()
    result = await turn(world.machine(), attempt=2)
    assert (world.way, world.journal.rows["c-1"].key.attempt) == ([], 1)
    assert result.learned
    assert result.learned.outcome
    assert not result.recovered


@pytest.mark.parametrize("where", ["ask", "finish"])
async def test_an_attempt_that_another_has_overtaken_stops(where: str) -> None:
    """It is held where it is about to write; the next attempt runs to the end meanwhile."""
    world = World()
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.before.clear()
        there.set()
        await go.wait()

    world.before[where] = wait
    late = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(there.wait(), 30)
    first = await turn(world.machine(), attempt=2)
    replies, written = len(world.replies), list(world.written)
    go.set()
    async with asyncio.timeout(30):
        assert await late == first
    assert (len(world.replies), world.written) == (replies, written)


async def test_an_attempt_that_a_running_one_has_overtaken_says_so() -> None:
    world = World()
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.after.clear()
        there.set()
        await go.wait()

    world.after["ask"] = wait
    late = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(there.wait(), 30)
    await lost_at(world, "act")  # the same attempt's number is taken by hand below
    kept = world.journal.rows["c-1"]
    kept.key = kept.key.model_copy(update={"attempt": 2})
    go.set()
    with pytest.raises(TurnSuperseded):
        await asyncio.wait_for(late, 30)
    assert world.replies == []

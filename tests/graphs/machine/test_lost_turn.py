"""A turn of which nobody heard the end is taken over, or ends in nothing."""

from __future__ import annotations

import asyncio

import pytest

from graphs.state import CaseState
from handrail.domain.case.turns import TurnSuperseded
from tests.support.losing import WHOLE, lost_at
from tests.support.small import World, key, killed, turn, wanted


async def test_the_end_of_a_lost_turn_is_the_answer() -> None:
    world = World()
    await turn(world.machine(), wanted("t-0"))
    world.way.clear()
    result = await turn(world.machine(), wanted("t-1", lost="t-0"), minutes=1)
    assert (world.way, result.recovered, len(world.replies)) == ([], True, 1)
    assert result.learned
    assert result.learned.outcome


async def test_what_a_lost_turn_found_out_is_taken_over() -> None:
    world = World()
    await lost_at(world, "rule", round=2)
    world.way.clear()
    request = wanted("t-2", lost="t-1")
    row = request.state.row.model_copy(update={"turn": 2})
    request = request.model_copy(update={"state": request.state.model_copy(update={"row": row, "sequence": 7})})
    result = await turn(world.machine(), request, minutes=1)
    assert result.learned
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 3"]
    assert result.learned.row.turn == 2


async def test_a_lost_turn_that_left_nothing_changes_nothing() -> None:
    world = World()
    result = await turn(world.machine(), wanted("t-2", lost="t-1"))
    assert result.learned
    assert world.way == WHOLE


@pytest.mark.parametrize("noted", [False, True])
async def test_a_lost_turn_that_is_still_alive_somewhere_cannot_end_beside_the_new_one(noted: bool) -> None:
    """Both are held where they are about to answer, the lost one is let go first."""
    world = World(rounds=1)
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.before.clear()
        there.set()
        await go.wait()

    world.before["finish"] = wait
    zombie = asyncio.create_task(turn(world.machine(), wanted("t-1")))
    await asyncio.wait_for(there.wait(), 30)
    if not noted:
        world.journal.rows.clear()
    ready, last = asyncio.Event(), asyncio.Event()

    async def hold(state: CaseState) -> None:
        world.before.clear()
        ready.set()
        await last.wait()

    world.before["ask"] = hold
    new = asyncio.create_task(turn(world.machine(), wanted("t-2", lost="t-1"), minutes=1))
    await asyncio.wait_for(ready.wait(), 30)
    go.set()
    with pytest.raises(TurnSuperseded):
        await asyncio.wait_for(zombie, 30)
    last.set()
    assert (await asyncio.wait_for(new, 30)).learned
    assert len(world.replies) == 1


async def test_a_second_attempt_behind_a_lost_turn_takes_over_the_same() -> None:
    world = World()
    await lost_at(world, "rule", round=2)
    there = asyncio.Event()

    async def die(state: CaseState) -> None:
        there.set()
        await asyncio.Event().wait()

    world.before["ask"] = die
    request = wanted("t-2", lost="t-1")
    await killed(world.machine().begin(request, key("t-2", 1, 1)), there)
    world.before.clear()
    world.way.clear()
    result = await turn(world.machine(), request, attempt=2, minutes=1)
    assert result.learned
    assert world.way[0] == "ask", "from the entrance"
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 3"]
    world.way.clear()
    again = await turn(world.machine(), request, attempt=3, minutes=1)
    assert (world.way, again.recovered, again.learned) == ([], False, result.learned)

"""A turn's answers are noted once, before anything comes of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphs.engine.run import JournalAway
from graphs.state import CaseState
from handrail.domain.case.cases import CaseStatus
from tests.support.losing import WHOLE
from tests.support.small import World, turn, wanted


async def test_a_turn_runs_to_its_end_and_is_told_of_it() -> None:
    world = World()
    result = await turn(world.machine())
    assert world.way == WHOLE
    assert result.learned
    assert result.learned.outcome
    assert (result.learned.outcome.status, result.state) == (CaseStatus.RESOLVED, None)
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 2"]


async def test_every_answer_is_noted_once_and_before_anything_comes_of_it() -> None:
    world = World()
    world.journal.hold = asyncio.Event()
    going = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(world.journal.entered.wait(), 5)
    for _ in range(200):
        await asyncio.sleep(0)
    assert world.way == ["ask"]
    world.journal.hold.set()
    await going
    noted = [(entry.node, (entry.state or {})["step"]) for _, _, entry in world.journal.noted]
    assert noted == [("ask", 1), ("ask", 2)]


async def test_an_answer_that_cannot_be_noted_comes_to_nothing_and_is_tried_again_as_a_whole() -> None:
    world = World()

    async def gone(state: CaseState) -> None:
        world.journal.away = True

    world.before["ask"] = gone
    with pytest.raises(JournalAway):
        await turn(world.machine())
    assert (world.way, world.written) == (["ask"], [])


@pytest.mark.parametrize("request_", [{"attempt": 2}, {"lost": "t-0"}])
async def test_a_journal_that_cannot_be_read_starts_nothing(request_: dict[str, Any]) -> None:
    world = World()
    world.journal.away = True
    with pytest.raises(JournalAway):
        await turn(world.machine(), wanted(lost=request_.get("lost")), attempt=request_.get("attempt", 1))
    assert world.way == []

"""A case that is reset to a task behind the beginning of its turn: the turn of the run before is another one."""

from __future__ import annotations

import pytest

from handrail.domain.case.turns import TurnSuperseded
from tests.support.house import House, wait_for
from tests.support.menus import Page
from tests.workflows.test_lost_turns import REFUNDS, Frozen, about_to_refund, frozen

__all__ = ["frozen"]


@pytest.mark.parametrize("first", [0, 1], ids=["the run before first", "the new run first"])
async def test_of_two_runs_of_one_turn_the_newest_makes_the_effect(home: House, frozen: Frozen, first: int) -> None:
    """The reset keeps the turn's beginning, with all that the case asked for, and hands it out once more."""
    case_id, order_id = await about_to_refund(home, frozen)
    await home.cases.say(case_id, "Thanks!")
    tasks = await Page(home.temporal).tasks(case_id)
    await Page(home.temporal).reset(case_id, tasks[-1])
    await wait_for(lambda: frozen.tried(2))
    before, after = frozen.keys
    assert (before.token, before.asked_at, before.attempt) == (after.token, after.asked_at, 1)
    assert after.attempt > before.attempt
    found = {place: await frozen.wake(place) for place in (first, 1 - first)}
    assert isinstance(found[0], TurnSuperseded)
    case = await home.until(case_id, lambda view: view.status != "Working")
    assert [one.status for one in case.effects] == ["applied"]
    assert len(await home.rows(REFUNDS, o=order_id)) == 1

"""Slots for activities: what was fetched and has not begun keeps a worker from fetching more."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.worker import SlotPermit

from handrail.temporal.worker.slots import FEW, FREELY, PromptSlots

CONTEXT: Any = None


def released(permit: SlotPermit, *, used: bool = True) -> Any:
    """What the SDK says of a slot that it gives back."""
    return SimpleNamespace(permit=permit, slot_info=SimpleNamespace(activity_type="a") if used else None)


async def waits(slots: PromptSlots) -> asyncio.Task[SlotPermit]:
    """A poll that gets no slot, once it has asked for one."""
    asking = asyncio.create_task(slots.reserve_slot(CONTEXT))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not asking.done()
    return asking


async def test_nothing_more_is_fetched_until_something_begins() -> None:
    slots = PromptSlots(most=10, ahead=2, eager=0)
    out = [await slots.reserve_slot(CONTEXT) for _ in range(2)]
    asking = await waits(slots)
    assert slots.try_reserve_slot(CONTEXT) is None
    slots.begin()
    out.append(await asyncio.wait_for(asking, 20))
    (await waits(slots)).cancel()


async def test_no_more_than_the_most_are_out_however_many_have_begun() -> None:
    slots = PromptSlots(most=3, ahead=2, eager=0)
    permits = []
    for _ in range(3):
        permits.append(await slots.reserve_slot(CONTEXT))
        slots.begin()
    asking = await waits(slots)
    slots.end()
    slots.release_slot(released(permits.pop()))
    assert await asyncio.wait_for(asking, 20)


async def test_what_comes_with_a_workflows_task_has_room_beside_polls_that_wait() -> None:
    slots = PromptSlots(most=10, ahead=1, eager=1)
    polls, brought = await slots.reserve_slot(CONTEXT), slots.try_reserve_slot(CONTEXT)
    assert polls
    assert brought
    assert slots.try_reserve_slot(CONTEXT) is None


async def test_a_poll_that_brought_nothing_gives_its_slot_back() -> None:
    slots = PromptSlots(most=10, ahead=1, eager=0)
    permit = await slots.reserve_slot(CONTEXT)
    asking = await waits(slots)
    await asyncio.to_thread(slots.release_slot, released(permit, used=False))
    assert await asyncio.wait_for(asking, 20)


async def test_what_never_begins_keeps_nobody_waiting_once_it_is_over() -> None:
    slots = PromptSlots(most=10, ahead=1, eager=0)
    running = await slots.reserve_slot(CONTEXT)
    slots.begin()
    for _ in range(3):
        unreadable = await asyncio.wait_for(slots.reserve_slot(CONTEXT), 20)
        slots.release_slot(released(unreadable))
    slots.end()
    slots.release_slot(released(running))
    polls = await asyncio.wait_for(slots.reserve_slot(CONTEXT), 20)
    (await waits(slots)).cancel()
    assert polls


async def test_while_the_loop_is_late_nothing_is_added_to_what_runs() -> None:
    late = asyncio.Event()

    async def is_late() -> bool:
        await asyncio.sleep(0)
        return late.is_set()

    slots = PromptSlots(most=100, ahead=4, eager=2, late=is_late)
    late.set()
    out = []
    for _ in range(FEW):
        out.append(await asyncio.wait_for(slots.reserve_slot(CONTEXT), 20))
        slots.begin()
    asking = await waits(slots)
    assert slots.try_reserve_slot(CONTEXT) is None
    late.clear()
    out.append(await asyncio.wait_for(asking, 20))
    assert slots.try_reserve_slot(CONTEXT)


async def test_what_comes_with_a_workflows_task_does_not_pass_by_what_polls_brought_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("handrail.temporal.worker.slots.QUIET_SECONDS", 1_000.0)
    slots = PromptSlots(most=10, ahead=2, eager=1)
    polls = [await slots.reserve_slot(CONTEXT) for _ in range(2)]
    brought = slots.try_reserve_slot(CONTEXT)
    assert brought
    slots.begin()
    assert slots.try_reserve_slot(CONTEXT) is None, "that was the one that came so"
    slots.begin()
    assert slots.try_reserve_slot(CONTEXT)
    assert polls


async def test_where_little_begins_everything_may_come_with_a_workflows_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handrail.temporal.worker.slots.QUIET_SECONDS", 0.0)
    slots = PromptSlots(most=10, ahead=0, eager=5)
    brought = [slots.try_reserve_slot(CONTEXT) for _ in range(2)]
    assert None not in brought


async def test_while_the_loop_keeps_up_much_may_come_with_workflows_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handrail.temporal.worker.slots.CALM_SECONDS", -1.0)
    slots = PromptSlots(most=100, ahead=2, eager=1)
    brought = [slots.try_reserve_slot(CONTEXT) for _ in range(2 + FREELY)]
    assert None not in brought
    assert slots.try_reserve_slot(CONTEXT) is None, "none of them has begun"


async def test_a_slot_that_the_sdk_forgot_is_free_again() -> None:
    slots = PromptSlots(most=1, ahead=1, eager=0)
    assert await slots.reserve_slot(CONTEXT)
    assert await asyncio.wait_for(slots.reserve_slot(CONTEXT), 20)

"""Of many messages to one case at once, a few are on their way."""

from __future__ import annotations

import asyncio

import pytest

from handrail.temporal.cases import lanes as module
from handrail.temporal.cases.lanes import AT_A_STRETCH, AT_ONCE, SPACING, Lanes

PATIENCE = 0.05


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPACING", SPACING / 1000)


async def test_few_of_a_case_are_on_their_way_in_the_order_they_came_and_other_cases_do_not_wait() -> None:
    lanes, on_their_way, most, order = Lanes(), 0, 0, list[int]()

    async def send(number: int) -> None:
        nonlocal on_their_way, most
        async with lanes.of("flooded").place(PATIENCE):
            order.append(number)
            on_their_way += 1
            most = max(most, on_their_way)
            await asyncio.sleep(0)
            on_their_way -= 1

    sending = asyncio.gather(*(send(number) for number in range(100)))
    async with lanes.of("other").place(PATIENCE):
        pass
    await sending
    assert most == AT_ONCE
    assert order == list(range(100))


async def test_a_line_that_stands_still_is_given_up_and_one_that_moves_is_not() -> None:
    lane = Lanes().of("c")
    taken = [lane.place(PATIENCE) for _ in range(AT_ONCE)]
    for one in taken:
        await one.__aenter__()
    with pytest.raises(TimeoutError):
        async with lane.place(PATIENCE):
            raise AssertionError("nobody made room")

    async def last() -> bool:
        async with lane.place(PATIENCE):
            return True

    async def moves() -> None:
        for _ in range(2):  # others get the room, one after the other, for longer than anybody is patient
            await asyncio.sleep(PATIENCE * 0.7)
            lane._moved += 1
        await taken[0].__aexit__(None, None, None)

    behind = asyncio.create_task(last())
    await moves()
    assert await behind


async def test_a_sender_that_fails_makes_room() -> None:
    lane = Lanes().of("c")
    for _ in range(2 * AT_ONCE):
        with pytest.raises(ValueError, match="refused"):
            async with lane.place(PATIENCE):
                raise ValueError("refused")


async def test_a_flood_is_spaced_behind_its_first_stretch_and_a_talk_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, now = asyncio.get_running_loop(), 1000.0
    monkeypatch.setattr(loop, "time", lambda: now)
    monkeypatch.setattr(module, "SPACING", SPACING)
    lanes = Lanes()

    pauses = [lanes.of("flooded")._pause() for _ in range(AT_A_STRETCH + 3)]
    assert pauses == pytest.approx([0.0] * AT_A_STRETCH + [SPACING, 2 * SPACING, 3 * SPACING])
    assert lanes.of("other")._pause() == 0

    now += 3 * SPACING + AT_A_STRETCH * SPACING  # a pause for breath gives the whole stretch back
    assert [lanes.of("flooded")._pause() for _ in range(AT_A_STRETCH)] == pytest.approx([0.0] * AT_A_STRETCH)
    for _ in range(50):
        now += SPACING
        assert lanes.of("flooded")._pause() == pytest.approx(0)

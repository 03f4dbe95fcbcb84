"""Of many messages to one case at once, a few are on their way."""

from __future__ import annotations

import asyncio

import pytest

from handrail.temporal.cases.lanes import AT_A_STRETCH, AT_ONCE, SPACING, Lanes, MessageLane

PATIENCE = 10.0
STEPS = 50
"""More rounds of the event loop than whatever can go on needs for it."""


class StandingClock:
    """The event loop's clock, which stands still but for what a test lets pass: no machine is too slow or too fast for it."""

    def __init__(self, now: float) -> None:
        self.now = now

    async def passes(self, seconds: float) -> None:
        """Let so much time pass, and all that goes on meanwhile."""
        self.now += seconds
        for _ in range(STEPS):
            await asyncio.sleep(0)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    found = StandingClock(1000.0)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: found.now)
    return found


class Senders:
    """Senders to one case, in the order in which each `got` its place; they keep it until they are `answered`."""

    def __init__(self, lane: MessageLane, clock: StandingClock) -> None:
        self._lane, self._clock = lane, clock
        self.got = list[str]()
        self.most = 0
        self._on_their_way = dict[str, asyncio.Event]()

    async def come(self, *names: str) -> list[asyncio.Task[None]]:
        """Let these come, one after the other."""
        tasks = [asyncio.create_task(self._send(name)) for name in names]
        await self._clock.passes(0)
        return tasks

    async def answered(self, name: str) -> None:
        """Let this one be answered."""
        self.answer(name)
        await self._clock.passes(SPACING)

    def answer(self, name: str) -> None:
        """Answer this one, and let nothing go on yet."""
        self._on_their_way[name].set()

    async def _send(self, name: str) -> None:
        async with self._lane.place(PATIENCE):
            self.got.append(name)
            self._on_their_way[name] = asyncio.Event()
            self.most = max(self.most, len(self._on_their_way))
            try:
                await self._on_their_way[name].wait()
            finally:
                del self._on_their_way[name]


async def test_few_of_a_case_are_on_their_way_in_the_order_they_came_and_other_cases_do_not_wait(clock: StandingClock) -> None:
    lanes, names = Lanes(), [str(number) for number in range(100)]
    flood = Senders(lanes.of("flooded"), clock)
    tasks = await flood.come(*names)
    assert flood.got == names[:AT_ONCE]
    async with lanes.of("other").place(PATIENCE):
        pass
    for name in names:
        await flood.answered(name)
    await asyncio.gather(*tasks)
    assert (flood.most, flood.got) == (AT_ONCE, names)


async def test_a_line_that_stands_still_is_given_up(clock: StandingClock) -> None:
    senders = Senders(Lanes().of("c"), clock)
    ahead = await senders.come(*"abcde")
    (behind,) = await senders.come("f")
    await clock.passes(PATIENCE * 0.9)
    assert not behind.done()
    await clock.passes(PATIENCE * 0.2)
    with pytest.raises(TimeoutError):
        await behind
    for name in "abcde":
        await senders.answered(name)
    await asyncio.gather(*ahead)
    assert senders.got == list("abcde")


async def test_who_waits_long_in_a_line_that_moves_stays_ahead_of_those_that_came_later(clock: StandingClock) -> None:
    senders = Senders(Lanes().of("c"), clock)
    tasks = await senders.come(*"abcde", "long", "longer")
    await clock.passes(PATIENCE * 0.7)
    await senders.answered("a")
    await clock.passes(PATIENCE * 0.2)
    tasks += await senders.come("later")
    await clock.passes(PATIENCE * 0.5)  # longer than anybody is patient, with one who got in meanwhile
    await senders.answered("b")
    await senders.answered("c")
    assert senders.got == [*"abcde", "long", "longer", "later"]
    for name in ("d", "e", "long", "longer", "later"):
        await senders.answered(name)
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("rounds", range(10))
async def test_who_gives_up_leaves_the_room_to_others_at_whatever_moment(clock: StandingClock, rounds: int) -> None:
    lane = Lanes().of("c")
    senders = Senders(lane, clock)
    ahead = await senders.come(*"abcde")
    (gone,) = await senders.come("gone")
    senders.answer("a")
    for _ in range(rounds):
        await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    others = await senders.come(*"fghij")
    assert senders.got[-1] == "f"
    for name in "bcdefghij":
        await senders.answered(name)
    await asyncio.gather(*ahead, *others)
    assert senders.got[-AT_ONCE:] == list("fghij")


async def test_a_sender_that_fails_makes_room() -> None:
    lane = Lanes().of("c")
    for _ in range(2 * AT_ONCE):
        with pytest.raises(ValueError, match="refused"):
            async with lane.place(PATIENCE):
                raise ValueError("refused")


async def test_nobody_overtakes_where_the_event_loop_was_late(clock: StandingClock) -> None:
    lane, got = Lanes().of("flooded"), list[int]()

    async def send(number: int) -> None:
        async with lane.place(PATIENCE):
            got.append(number)

    for number in range(AT_A_STRETCH):
        await send(number)
    pausing = asyncio.create_task(send(AT_A_STRETCH))
    await clock.passes(0)
    assert not pausing.done()
    clock.now += 2 * AT_A_STRETCH * SPACING  # by now the next would not pause at all
    await asyncio.gather(pausing, send(AT_A_STRETCH + 1))
    assert got == list(range(AT_A_STRETCH + 2))


async def test_a_flood_is_spaced_behind_its_first_stretch_and_a_talk_is_not(clock: StandingClock) -> None:
    lanes = Lanes()

    pauses = [lanes.of("flooded")._pause() for _ in range(AT_A_STRETCH + 3)]
    assert pauses == pytest.approx([0.0] * AT_A_STRETCH + [SPACING, 2 * SPACING, 3 * SPACING], abs=1e-9)
    assert lanes.of("other")._pause() == 0

    clock.now += 3 * SPACING + AT_A_STRETCH * SPACING  # a pause for breath gives the whole stretch back
    assert [lanes.of("flooded")._pause() for _ in range(AT_A_STRETCH)] == pytest.approx([0.0] * AT_A_STRETCH, abs=1e-9)
    for _ in range(50):
        clock.now += SPACING
        assert lanes.of("flooded")._pause() == pytest.approx(0, abs=1e-9)

"""Cutting model calls that are under way: those that the controls no longer allow, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.errors import SwitchedOff
from handrail.llm.server.calls import About, Calls


class Switch:
    """Off for the topics named; `meanwhile` happens while it is read, which takes until `wait` is over."""

    def __init__(self) -> None:
        self.off: set[str] = set()
        self.read = 0
        self.meanwhile: Callable[[], object] = bool
        self.wait: asyncio.Task[str] | None = None

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        self.read += 1
        self.meanwhile()
        if self.wait:
            await asyncio.wait([self.wait])
        return ControlsInForce(unreadable="a test") if topic in self.off else ControlsInForce()


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def calls(switch: Switch) -> Calls:
    return Calls(switch)


async def thinking() -> str:
    await asyncio.sleep(60)
    return "an answer"


async def begun(calls: Calls, *topics: str) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(calls.around(About("c", topic), thinking)) for topic in topics]
    await asyncio.sleep(0)
    return tasks


async def test_those_that_are_switched_off_are_cut_and_the_others_go_on(calls: Calls, switch: Switch) -> None:
    refund, status = await begun(calls, "refund", "status")
    await calls.look()
    switch.off = {"refund"}
    await asyncio.gather(calls.look(), calls.look())
    await calls.look()
    with pytest.raises(SwitchedOff, match="a test"):
        await refund
    assert (refund.cancelling(), status.done()) == (0, False)
    status.cancel()
    with pytest.raises(asyncio.CancelledError):
        await status


async def test_a_look_reads_nothing_where_nobody_asks(calls: Calls, switch: Switch) -> None:
    async def answer() -> str:
        return "an answer"

    assert await calls.around(About("c"), answer) == "an answer"
    await calls.look()
    assert switch.read == 0


async def test_a_call_that_ends_while_the_controls_are_read_is_left_alone(calls: Calls, switch: Switch) -> None:
    switch.off = {"refund"}
    ended = asyncio.Event()

    async def short() -> str:
        await ended.wait()
        return "an answer"

    call = asyncio.create_task(calls.around(About("c", "refund"), short))
    await asyncio.sleep(0)
    switch.wait = call
    ended.set()
    await calls.look()
    assert await call == "an answer"


async def test_its_own_time_out_and_its_case_s_cancellation_stay_what_they_are(calls: Calls, switch: Switch) -> None:
    async def late() -> str:
        async with asyncio.timeout(0):
            return await thinking()

    with pytest.raises(TimeoutError):
        await calls.around(About("c"), late)
    (cancelled,) = await begun(calls, "refund")
    switch.off, switch.meanwhile = {"refund"}, cancelled.cancel
    await calls.look()
    with pytest.raises(asyncio.CancelledError):
        await cancelled

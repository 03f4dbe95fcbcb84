"""A model behind a pause: one call tries it, and the others wait for what comes of that."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from handrail.domain.errors import ModelRejected, ModelUnavailable
from handrail.llm.server.cooldown import PROBE_SECONDS, Cooldown
from handrail.ports import ModelRecord

SERVED = "a model"


class Pauses:
    """The part of a record that pauses are kept in, by a clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0
        self.until = 0.0

    async def paused(self, served: str) -> float:
        return max(self.until - self.now, 0.0)

    async def pause(self, served: str, seconds: float) -> None:
        self.until = max(self.until, self.now + seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def cooldown(pauses: Pauses) -> Cooldown:
    return Cooldown(cast(ModelRecord, pauses), SERVED, lambda: pauses.now)


async def call(cooldown: Cooldown, failure: Exception | None = None, *, answer: asyncio.Event | None = None) -> str:
    """Say what became of a call that ends with `failure`, once there is an answer."""
    try:
        async with cooldown.call():
            if answer:
                await answer.wait()
            if failure:
                raise failure
    except ModelUnavailable as error:
        return "sent" if error.sent else "kept"
    except ModelRejected:
        return "sent"
    return "answered"


async def test_behind_a_pause_one_call_goes_alone(cooldown: Cooldown, pauses: Pauses) -> None:
    assert await call(cooldown, ModelUnavailable("busy", 5)) == "sent"
    assert await call(cooldown) == "kept"
    pauses.now += 5.1
    answer = asyncio.Event()
    probe = asyncio.create_task(call(cooldown, answer=answer))
    await asyncio.sleep(0)
    assert [await call(cooldown) for _ in range(3)] == ["kept"] * 3
    answer.set()
    assert await probe == "answered"
    assert [await call(cooldown) for _ in range(3)] == ["answered"] * 3


async def test_a_storm_of_cases_makes_one_call_for_each_pause(cooldown: Cooldown, pauses: Pauses) -> None:
    sent = 0
    for _ in range(12):
        made = await asyncio.gather(*(call(cooldown, ModelUnavailable("busy", 5)) for _ in range(50)))
        sent += made.count("sent")
        pauses.now += 5.1
    assert sent <= 50 + 11, "those that were under way when it first said no, then one each time"


@pytest.mark.parametrize("failure", [ModelUnavailable("away"), ModelRejected("no such model")])
async def test_a_server_that_asks_for_nothing_more_is_called_as_ever(
    cooldown: Cooldown, pauses: Pauses, failure: Exception
) -> None:
    await call(cooldown, ModelUnavailable("busy", 5))
    pauses.now += 5.1
    assert await call(cooldown, failure) == "sent"
    assert await asyncio.gather(*(call(cooldown) for _ in range(3))) == ["answered"] * 3


async def test_whoever_tries_and_never_hears_keeps_nobody_for_long(cooldown: Cooldown, pauses: Pauses) -> None:
    await call(cooldown, ModelUnavailable("busy", 5))
    pauses.now += 5.1
    hanging = asyncio.create_task(call(cooldown, answer=asyncio.Event()))
    await asyncio.sleep(0)
    assert await call(cooldown) == "kept"
    pauses.now += PROBE_SECONDS
    assert await call(cooldown) == "answered"
    hanging.cancel()
    await asyncio.wait({hanging})


async def test_a_try_that_is_cut_short_makes_room_for_the_next(cooldown: Cooldown, pauses: Pauses) -> None:
    await call(cooldown, ModelUnavailable("busy", 5))
    pauses.now += 5.1
    cut = asyncio.create_task(call(cooldown, answer=asyncio.Event()))
    await asyncio.sleep(0)
    cut.cancel()
    await asyncio.wait({cut})
    assert await call(cooldown) == "answered"


async def test_whoever_looks_without_calling_is_told_what_a_call_would_be(cooldown: Cooldown, pauses: Pauses) -> None:
    assert await cooldown.left() == 0
    await pauses.pause(SERVED, 5)
    pauses.now += 1
    assert await cooldown.left() == pytest.approx(4)
    pauses.now += 4.1
    assert await cooldown.left() == 0
    answer = asyncio.Event()
    probe = asyncio.create_task(call(cooldown, answer=answer))
    await asyncio.sleep(0)
    assert await cooldown.left() > 0, "one call goes alone, also where nobody here was refused before"
    answer.set()
    assert await probe == "answered"
    assert await cooldown.left() == 0


async def test_looks_make_no_calls_of_their_own(cooldown: Cooldown, pauses: Pauses) -> None:
    await call(cooldown, ModelUnavailable("busy", 5))
    pauses.now += 5.1
    assert await asyncio.gather(*(cooldown.left() for _ in range(50))) == [0.0] * 50
    assert await call(cooldown) == "answered"

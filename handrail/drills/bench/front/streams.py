"""Streams of events: how soon a committed reply is there with very many of them open, and what they take of memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from handrail.drills.bench.front.door import Door
from handrail.drills.bench.front.opening import posted
from handrail.drills.bench.front.seeding import quiet_cases
from handrail.drills.bench.statistics.figures import percentile
from handrail.drills.bench.statistics.results import Reading
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.customers import Letter
from handrail.embedded.process import StackFailed

AT_ONCE = 20
"""Streams that are opened side by side."""
SOON_MS, GROWTH_MB = 150.0, 60.0
REPLY = "event: reply"


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply as its stream told it; moments in epoch seconds, by the clock that commits have."""

    case_id: str
    opened: float
    told: float


async def streams(door: Door, count: int, replies: int, per_second: float) -> list[Reading]:
    """Return how long replies take from their commit to their reader beside `count` open streams, and what these weigh.

    Raises:
        StackFailed: a stream does not open, or a reply does not come.
    """
    letters = await door.side.customers.questions(replies + AT_ONCE)
    await heard(door, letters[:AT_ONCE], per_second)
    before = door.memory()
    async with AsyncExitStack() as stack:
        quiet = await quiet_cases(door.side.pool, count)
        for begin in range(0, count, AT_ONCE):
            few = quiet[begin : begin + AT_ONCE]
            await asyncio.gather(*(stack.enter_async_context(stream(door, case_id)) for case_id in few))
        grown = door.memory() - before
        found = await heard(door, letters[AT_ONCE:], per_second)
    committed = await door.side.readings.replied([one.case_id for one in found])
    took = [(one.told - max(one.opened, committed[one.case_id])) * 1_000 for one in found]
    name, side = f"with {count:,} streams", door.side.name
    return [
        Reading(figure=f"{name}: a reply, p50", side=side, value=round(percentile(took, 0.5), 1), unit="ms"),
        Reading(figure=f"{name}: a reply, p95", side=side, value=round(percentile(took, 0.95), 1), unit="ms", at_most=SOON_MS),
        Reading(figure=f"{name}: the API grows by", side=side, value=round(grown, 1), unit="MB", at_most=GROWTH_MB),
        Reading(figure="the API's memory before", side=side, value=round(before, 1), unit="MB"),
    ]


async def heard(door: Door, letters: Sequence[Letter], per_second: float) -> list[Heard]:
    """Open cases at a pace, each with a stream of its own; return when each stream told the reply."""
    found: list[Heard] = []

    async def one(letter: Letter) -> float:
        case_id = await posted(door, letter)
        async with asyncio.timeout(loads.PATIENCE), stream(door, case_id) as lines:
            opened = time.time()
            async for line in lines:
                if line == REPLY:
                    found.append(Heard(case_id, opened, time.time()))
                    return time.time() - opened
        raise StackFailed(f"{door.side.name}: the stream of case {case_id} ended without a reply.")

    await loads.paced([lambda letter=letter: one(letter) for letter in letters], per_second)  # type: ignore[misc]
    loads.check_answered(await loads.until_settled(door.side, [each.case_id for each in found], loads.LOOK_SECONDS))
    return found


@asynccontextmanager
async def stream(door: Door, case_id: str) -> AsyncIterator[AsyncIterator[str]]:
    """Open the stream of a case and give its lines behind the first. Raises: StackFailed: it does not open."""
    async with door.http.stream("GET", f"/v1/cases/{case_id}/events") as answer:
        if answer.status_code != httpx.codes.OK:
            raise StackFailed(f"{door.side.name}: the stream of case {case_id} came out as {answer.status_code}.")
        lines = answer.aiter_lines()
        await anext(lines)
        yield lines

"""Opening cases at a pace: over HTTP and by the Temporal client, with the reply and without it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import uuid4

import httpx

from handrail.drills.bench.front.door import Door
from handrail.drills.bench.stack.processes import Meter
from handrail.drills.bench.statistics.results import Round
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.customers import Letter
from handrail.embedded.process import StackFailed

WAIT_SECONDS = 30
Opening = Callable[[Door, Letter], Awaitable[str]]
"""Opens a case for a letter and returns its id."""


async def started(door: Door, letter: Letter) -> str:
    """Have the Temporal server take the case."""
    return await loads.open_case(door.side, letter)


async def posted(door: Door, letter: Letter) -> str:
    """Have the API take the case, without a wait."""
    return await post(door, letter, "respond-async", httpx.codes.ACCEPTED)


async def posted_by_httpx(door: Door, letter: Letter) -> str:
    """Have the API take the case, without a wait, from the most usual client of Python."""
    answer = await door.http.post("/v1/cases", json=body_of(letter), headers=asking("respond-async"))
    return opened_case(door, answer.status_code, answer.content, httpx.codes.ACCEPTED)


async def started_and_replied(door: Door, letter: Letter) -> str:
    """Have the Temporal server take the case, and look until the agent has replied."""
    case_id = await loads.open_case(door.side, letter)
    await door.side.cases.wait(case_id, timeout=WAIT_SECONDS)
    return case_id


async def posted_and_replied(door: Door, letter: Letter) -> str:
    """Have the API take the case and answer with the agent's reply."""
    return await post(door, letter, f"wait={WAIT_SECONDS}", httpx.codes.CREATED)


async def post(door: Door, letter: Letter, prefer: str, wanted: int) -> str:
    """Open a case over HTTP. Raises: StackFailed: the answer is another than the one that is measured."""
    answer = await door.lean.post("/v1/cases", body_of(letter), {**door.bearer, **asking(prefer)})
    return opened_case(door, answer.status, answer.body, wanted)


def body_of(letter: Letter) -> dict[str, str]:
    """Return what is posted."""
    return {"customer_id": letter.customer_id, "text": letter.text, "channel": loads.CHANNEL}


def asking(prefer: str) -> dict[str, str]:
    """Return the headers of a request that is made once."""
    return {"idempotency-key": f"bench-{uuid4().hex[:16]}", "prefer": prefer}


def opened_case(door: Door, status: int, body: bytes, wanted: int) -> str:
    """Return the id of the case. Raises: StackFailed: the answer is another than the one that is measured."""
    if status != wanted:
        words = body.decode("utf-8", "replace")[:300]
        raise StackFailed(f"{door.side.name}: POST /v1/cases came out as {status}: {words}")
    return str(json.loads(body)["case_id"])


async def paced(door: Door, opening: Opening, letters: Sequence[Letter], per_second: float) -> Round:
    """Open a case for each letter, so many a second; each latency is of the opening alone."""
    opened = list[str]()

    async def one(letter: Letter) -> float:
        began = time.monotonic()
        opened.append(await opening(door, letter))
        return (time.monotonic() - began) * 1_000

    meter, began = Meter(door.parts()), time.monotonic()
    took = await loads.paced([partial(one, letter) for letter in letters], per_second)
    settled = await loads.until_settled(door.side, opened, loads.LOOK_SECONDS)
    strays = loads.check_answered(settled)
    await asyncio.sleep(loads.TRAILING_SECONDS)
    count = len(letters)
    seconds = time.monotonic() - began
    return Round(count=count, seconds=seconds, latencies_ms=took, cpu_ms=meter.per_piece(count), strays=strays)


OPENINGS: dict[str, Opening] = {
    "start_workflow": started,
    "POST": posted,
    "POST by httpx": posted_by_httpx,
    "start_workflow and reply": started_and_replied,
    "POST and reply": posted_and_replied,
}

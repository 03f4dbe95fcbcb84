"""Putting work on a stack and timing it: workflows of the arms, and Handrail's cases as PostgreSQL sees them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Sequence
from functools import partial
from uuid import uuid4

from temporalio.client import Client

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseStatus
from handrail.domain.counting import many
from handrail.drills.bench.stack.processes import Meter
from handrail.drills.bench.stack.readings import Settled, Waiting
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Round
from handrail.drills.bench.work.customers import Letter
from handrail.embedded.process import StackFailed

CHANNEL = "bench"
REVIEWER = "bench"
LOOK_SECONDS = 0.1
CLOSE_LOOK_SECONDS = 0.005
TRAILING_SECONDS = 2.0
"""What a case still does after it settled is counted with it."""
PATIENCE = 300.0
STRAYS = 0.02
"""Share of plain cases that may go another way than they should; they are counted beside the figures."""
ANSWERED = (CaseStatus.RESOLVED, CaseStatus.AWAITING_CUSTOMER)


async def workflows(side: Side, workflow: str, queue: str, count: int, in_flight: int) -> Round:
    """Run `count` workflows to their end, `in_flight` at once."""
    places = asyncio.Semaphore(in_flight)
    meter, began = Meter(side.parts(queue.removeprefix("bench-"))), time.monotonic()

    async def one(number: int) -> None:
        async with places:
            await execute(side.client, workflow, queue, number)

    await asyncio.gather(*(one(number) for number in range(count)))
    return Round(count=count, seconds=time.monotonic() - began, cpu_ms=meter.per_piece(count))


async def workflows_singly(side: Side, workflow: str, queue: str, count: int) -> Round:
    """Run workflows one after the other; each latency is from its start to its result."""
    began = time.monotonic()
    took = [await execute(side.client, workflow, queue, number) for number in range(count)]
    return Round(count=count, seconds=time.monotonic() - began, latencies_ms=took)


async def workflows_paced(side: Side, workflow: str, queue: str, count: int, per_second: float) -> Round:
    """Start so many workflows a second, however long they take."""
    began = time.monotonic()
    took = await paced([partial(execute, side.client, workflow, queue, number) for number in range(count)], per_second)
    return Round(count=count, seconds=time.monotonic() - began, latencies_ms=took)


async def execute(client: Client, workflow: str, queue: str, number: int) -> float:
    """Run one workflow; return how long it took, in milliseconds."""
    began = time.monotonic()
    await client.execute_workflow(workflow, number, id=f"bench-{uuid4().hex}", task_queue=queue)
    return (time.monotonic() - began) * 1_000


async def paced(pieces: Sequence[Callable[[], Awaitable[float]]], per_second: float) -> list[float]:
    """Begin a piece of work at each beat, whether or not those before have ended."""
    began, running = time.monotonic(), []
    for number, piece in enumerate(pieces):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        running.append(asyncio.ensure_future(piece()))
    return list(await asyncio.gather(*running))


async def cases(side: Side, letters: Sequence[Letter], in_flight: int) -> Round:
    """Open a case for each letter, `in_flight` at once, without asking them."""
    waiting, under_way, found = list(reversed(letters)), set[str](), list[Settled]()
    meter, began = Meter(side.parts()), time.time()
    while waiting or under_way:
        opening = [waiting.pop() for _ in range(min(in_flight - len(under_way), len(waiting)))]
        under_way |= set(await asyncio.gather(*(open_case(side, letter) for letter in opening)))
        settled = await side.readings.settled(list(under_way))
        found += settled
        under_way -= {one.case_id for one in settled}
        check_patience(side, max([began, *(one.committed for one in found[-in_flight:])]), under_way)
        await asyncio.sleep(LOOK_SECONDS)
    strays = check_answered(found)
    await asyncio.sleep(TRAILING_SECONDS)
    took, count = max(one.committed for one in found) - began, len(found)
    return Round(count=count, seconds=took, cpu_ms=meter.per_piece(count), strays=strays)


async def cases_singly(side: Side, letters: Sequence[Letter]) -> Round:
    """Open one case after the other; each latency is from its start to the commit of its answer."""
    began, took = time.time(), []
    for letter in letters:
        opened = time.time()
        (settled,) = await until_settled(side, [await open_case(side, letter)], CLOSE_LOOK_SECONDS)
        check_answered([settled])
        took.append((settled.committed - opened) * 1_000)
    return Round(count=len(letters), seconds=time.time() - began, latencies_ms=took)


async def decisions(side: Side, letters: Sequence[Letter], per_second: float) -> Round:
    """Let cases come to a question, then approve so many a second; latency is to the commit of the effect."""
    opened = [await open_case(side, letter) for letter in letters]
    settled = await until_settled(side, opened, LOOK_SECONDS)
    waiting = {one.case_id: one for one in await side.readings.approvals(opened)}
    for one in settled:
        if one.case_id not in waiting:
            raise StackFailed(f"case {one.case_id}: should wait for an approval and is {in_words(one)}.")
    await asyncio.sleep(TRAILING_SECONDS)
    sent: dict[str, float] = {}
    meter, began = Meter(side.parts()), time.time()
    await paced([partial(decide, side, one, sent) for one in waiting.values()], per_second)
    applied = await until_applied(side, opened)
    await until_settled(side, opened, LOOK_SECONDS, {CaseStatus.AWAITING_APPROVAL})
    await asyncio.sleep(TRAILING_SECONDS)
    took = [(at - sent[case_id]) * 1_000 for case_id, at in applied.items()]
    cpu = meter.per_piece(len(opened))
    return Round(count=len(opened), seconds=time.time() - began, latencies_ms=took, cpu_ms=cpu)


async def decide(side: Side, waiting: Waiting, sent: dict[str, float]) -> float:
    """Approve what waits, and note when."""
    sent[waiting.case_id] = time.time()
    wanted = DecisionInput(
        decision=DecisionKind.APPROVE, approval_id=waiting.approval_id, revision=waiting.revision, reviewer=REVIEWER
    )
    await side.cases.decide(waiting.case_id, wanted)
    return time.time() - sent[waiting.case_id]


async def open_case(side: Side, letter: Letter) -> str:
    """Open a case and return its id."""
    case_id = f"bench-{uuid4().hex[:16]}"
    await side.cases.open_case(case_id, letter.customer_id, letter.text, channel=CHANNEL)
    return case_id


async def until_settled(side: Side, case_ids: Sequence[str], look: float, but: Container[str] = ()) -> list[Settled]:
    """Return the cases once nobody works on any, and none is in a status of `but`.

    Raises:
        StackFailed: they did not settle in time.
    """
    began = time.time()
    while len(found := [one for one in await side.readings.settled(case_ids) if one.status not in but]) < len(case_ids):
        check_patience(side, began, case_ids)
        await asyncio.sleep(look)
    return found


async def until_applied(side: Side, case_ids: Sequence[str]) -> dict[str, float]:
    """Return when each case's effect was committed, once all were.

    Raises:
        StackFailed: they were not applied in time.
    """
    began = time.time()
    while len(found := await side.readings.applied(case_ids)) < len(case_ids):
        check_patience(side, began, case_ids)
        await asyncio.sleep(LOOK_SECONDS)
    return {one.case_id: one.committed for one in found}


def check_patience(side: Side, since: float, case_ids: Sequence[str] | set[str]) -> None:
    """Raises: StackFailed: for too long nothing has happened."""
    if time.time() - since > PATIENCE:
        raise StackFailed(f"{side.name}: {many(len(case_ids), 'case')} did not go on within {PATIENCE:.0f} s.")


def check_answered(settled: Sequence[Settled]) -> int:
    """Return how many plain cases were not answered; one that goes to a person is cheaper, and not what is measured.

    Raises:
        StackFailed: they are too many to be left aside.
    """
    strays = [one for one in settled if one.status not in ANSWERED]
    if len(strays) > STRAYS * len(settled):
        one = strays[0]
        raise StackFailed(
            f"{len(strays)} of {len(settled)} plain cases were not answered; case {one.case_id} is {in_words(one)}. "
            "The bench would measure something else."
        )
    return len(strays)


def in_words(settled: Settled) -> str:
    """Return where a case stands, and why."""
    return f"{settled.status} ({settled.reason or 'no reason'})"

"""A very long case: what its last turns cost beside its first ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from handrail.domain.case.cases import CaseStatus
from handrail.drills.bench.histories import runs
from handrail.drills.bench.stack.processes import Meter
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.work.customers import FIRST, QUESTION, CustomerRows
from handrail.drills.bench.work.loads import CHANNEL, check_patience
from handrail.drills.load.judging import LongCaseSeen, TurnSeen
from handrail.drills.load.plan import LoadPlan
from handrail.drills.load.stage import staged
from handrail.drills.queries import read
from handrail.embedded.process import StackFailed
from handrail.postgres.pool import writing
from handrail.shop.demonstration.seeding import copy

REGULAR = FIRST * 5
"""The number of the customer who has ordered so often; others are counted from `FIRST`."""
LOOK_SECONDS, REST_SECONDS = 0.005, 0.1
SCHEDULED, COMPLETED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
Tell = Callable[[str], None]


async def turns(folder: Path, plan: LoadPlan, tell: Tell) -> LongCaseSeen:
    """Return what a case of so many turns cost; each asks about another order.

    Raises:
        StackFailed: a part would not start, or the agent did not answer a turn.
    """
    async with staged(folder, long=True) as side:
        customer_id, orders = await regular(side, plan.turns)
        case_id, took = f"long-{uuid4().hex[:16]}", list[float]()
        early = range(1, 1 + plan.window)
        late = range(plan.turns - plan.window, plan.turns)
        cpu: list[dict[str, float]] = []
        meter = Meter(side.parts())
        for place, order in enumerate(orders):
            if place in (early.start, late.start):
                meter = Meter(side.parts())
            took.append(await one_turn(side, case_id, customer_id, QUESTION.format(order=order), place + 1))
            if place in (early.stop - 1, late.stop - 1):
                cpu.append({part: ms for part, ms in meter.per_piece(plan.window).items() if part != "driver"})
            if (place + 1) % 50 == 0:
                tell(f"turns: {place + 1} of {plan.turns}")
        sizes, found = await weighed(side, case_id), await runs(side.client, f"case-{case_id}")
    return LongCaseSeen(
        turns=[
            TurnSeen(number=place + 1, took_ms=ms, size=sizes[place][0], events=sizes[place][1])
            for place, ms in enumerate(took)
        ],
        window=plan.window,
        early_cpu_ms=cpu[0],
        late_cpu_ms=cpu[1],
        runs=len(found),
        largest_run=max(one.raw_description.workflow_execution_info.history_size_bytes for one in found),
    )


async def regular(side: Side, count: int) -> tuple[str, list[str]]:
    """Have a customer with so many orders under way; return their ids."""
    rows = CustomerRows(datetime.now(UTC).replace(second=0, microsecond=0), "shipped")
    customer_id = rows.add(REGULAR).customer_id
    for number in range(REGULAR + 1, REGULAR + count):
        rows.make_order(number, REGULAR - 1)
    async with writing(side.pool) as connection:
        await copy(connection, rows.data)
    return customer_id, [str(order[0]) for order in rows.data.orders]


async def one_turn(side: Side, case_id: str, customer_id: str, text: str, number: int) -> float:
    """Have a turn answered; return the milliseconds from its message to the commit of its reply.

    Raises:
        StackFailed: a person has the case, or nothing happens for too long.
    """
    sent = time.time()
    if number == 1:
        await side.cases.open_case(case_id, customer_id, text, channel=CHANNEL)
    else:
        await side.cases.say(case_id, text)
    while not (found := await read(side.pool, "load_turn", case_id=case_id, turn=number)):
        check_patience(side, sent, [case_id])
        await asyncio.sleep(LOOK_SECONDS)
    (row,) = found
    if row["status"] not in (CaseStatus.RESOLVED, CaseStatus.AWAITING_CUSTOMER):
        raise StackFailed(f"{side.name}: turn {number} came out as {row['status']} ({row['reason'] or 'no reason'}).")
    await asyncio.sleep(REST_SECONDS)
    return (float(row["committed"]) - sent) * 1_000


async def weighed(side: Side, case_id: str) -> list[tuple[int, int]]:
    """Return of each turn the bytes that went into its activity and came out, and the events until the next one."""
    found = list[tuple[int, int]]()
    for run in await runs(side.client, f"case-{case_id}"):
        handle = side.client.get_workflow_handle(f"case-{case_id}", run_id=run.run_id)
        found += weights(await handle.fetch_history())
    return found


def weights(history: WorkflowHistory) -> list[tuple[int, int]]:
    """Return bytes and events of each turn in a run's history."""
    found = list[tuple[int, int]]()
    begun: dict[int, int] = {}
    for event in history.events:
        asked = event.activity_task_scheduled_event_attributes
        if event.event_type == SCHEDULED and asked.activity_type.name == "case.turn":
            begun[event.event_id] = len(found)
            found.append((asked.input.ByteSize(), 0))
        ended = event.activity_task_completed_event_attributes
        if event.event_type == COMPLETED and ended.scheduled_event_id in begun:
            place = begun[ended.scheduled_event_id]
            found[place] = (found[place][0] + ended.result.ByteSize(), found[place][1])
        if found:
            found[-1] = (found[-1][0], found[-1][1] + 1)
    return found

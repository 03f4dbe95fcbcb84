"""Many cases: whether the rate holds over thousands in a row, and what a worker's memory is with a thousand that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from handrail.drills.bench.stack.processes import resident
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Reading
from handrail.drills.bench.work import loads

SHARE = 10
LONGEST = 500
IDLE_SECONDS = 5.0


async def soak(side: Side, count: int, in_flight: int) -> list[Reading]:
    """Run `count` plain cases in a row; return the rate of the last part over that of the first."""
    _, moments = await loads.cases(side, await side.customers.questions(count), in_flight)
    part = max(2, min(LONGEST, count // SHARE))
    first, last = rate(moments[:part]), rate(moments[-part:])
    return [
        Reading(figure=f"first {part} of {count:,} cases", side=side.name, value=round(first, 2), unit="per second"),
        Reading(figure=f"last {part} of {count:,} cases", side=side.name, value=round(last, 2), unit="per second"),
        Reading(figure=f"last {part} over first {part}", side=side.name, value=round(last / first, 3)),
    ]


def rate(moments: Sequence[float]) -> float:
    """Return how many came per second between the first and the last of them."""
    took = moments[-1] - moments[0]
    return (len(moments) - 1) / took if took else float("inf")


async def memory(side: Side, count: int, warm: int, in_flight: int) -> list[Reading]:
    """Return the memory of a fresh worker, of the same after `warm` cases, and with `count` that wait for their customers."""
    await side.stop_worker()
    await side.start_worker()
    idle = await rested(side)
    await loads.cases(side, await side.customers.questions(warm), in_flight)
    warmed = await rested(side)
    await loads.cases(side, await side.customers.questions(count - warm), in_flight)
    full = await rested(side)
    return [
        Reading(figure="idle worker's memory", side=side.name, value=round(idle), unit="MB"),
        Reading(figure=f"worker's memory after {warm} cases", side=side.name, value=round(warmed), unit="MB"),
        Reading(figure=f"worker's memory with {count:,} waiting cases", side=side.name, value=round(full), unit="MB"),
        Reading(figure=f"memory with {count:,} waiting cases over idle", side=side.name, value=round(full / idle, 2)),
    ]


async def rested(side: Side) -> float:
    """Return the workers' memory after a rest, in MB."""
    await asyncio.sleep(IDLE_SECONDS)
    return resident(side.worker_pids())

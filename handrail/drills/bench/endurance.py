"""Many cases: whether the rate holds over thousands in a row, and what thousands take that wait."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from handrail.drills.bench.stack.processes import resident
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Reading
from handrail.drills.bench.turns import many
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.arms import NOTHING

SHARE = 10
LONGEST = 500
PARTS = ("worker", "temporal", "postgres")
IDLE_SECONDS = 5.0
AT_MOST = {1_000: 1.2, 20_000: 1.3}
"""How many times an idle worker's memory one may take with up to so many waiting cases."""


async def soak(side: Side, count: int, nothing: int, in_flight: int) -> list[Reading]:
    """Run `count` plain cases in a row; return rates and processor time of the first part of them and of the last.

    What slows `nothing` workflows that do nothing as well, before and after them, is the machine's or Temporal's own.
    """
    part, letters = max(2, min(LONGEST, count // SHARE)), await side.customers.questions(count)
    before = await many(side, NOTHING, nothing, in_flight)
    first = await loads.cases(side, letters[:part], in_flight)
    await loads.cases(side, letters[part:-part], in_flight)
    last = await loads.cases(side, letters[-part:], in_flight)
    after = await many(side, NOTHING, nothing, in_flight)
    rounds = {f"first {part} of {count:,} cases": first, f"last {part} of {count:,} cases": last}
    rounds |= {f"do nothing, before {count:,} cases": before, f"do nothing, after {count:,} cases": after}
    held, machine = last.rate / first.rate, after.rate / before.rate
    ratios = {f"last {part} over first {part}": held, "do nothing, after over before": machine}
    ratios[f"last {part} over first {part}, over do nothing's"] = held / machine
    return [
        *(Reading(figure=what, side=side.name, value=round(one.rate, 2), unit="per second") for what, one in rounds.items()),
        *(Reading(figure=what, side=side.name, value=round(ratio, 3)) for what, ratio in ratios.items()),
        *(
            Reading(figure=f"{part_of}'s CPU, {what}", side=side.name, value=round(one.cpu_ms[part_of], 1), unit="ms each")
            for what, one in rounds.items()
            for part_of in PARTS
        ),
    ]


async def waiting(side: Side, count: int, warm: int, in_flight: int) -> list[Reading]:
    """Return what `count` cases that wait for their customers take: of a worker's memory and of both databases' disk.

    The memory is held against that of a fresh worker; `warm` of the cases show what the first ones load.
    """
    await side.stop_worker()
    await side.start_worker()
    letters = await side.customers.questions(count)
    idle = await rested(side)
    await loads.cases(side, letters[:warm], in_flight)
    warmed, before = await rested(side), await disk(side)
    await loads.cases(side, letters[warm:], in_flight)
    full, after = await rested(side), await disk(side)
    most = next((share for bound, share in AT_MOST.items() if count <= bound), None)
    memory = [("idle worker's memory", idle), (f"worker's memory after {warm} cases", warmed)]
    memory.append((f"worker's memory with {count:,} waiting cases", full))
    over = Reading(
        figure=f"memory with {count:,} waiting cases over idle", side=side.name, value=round(full / idle, 2), at_most=most
    )
    return [
        *(Reading(figure=figure, side=side.name, value=round(value), unit="MB") for figure, value in memory),
        over,
        *(
            Reading(
                figure=f"a waiting case in {name}",
                side=side.name,
                value=round((after[name] - before[name]) / (count - warm) / 1_000, 1),
                unit="KB",
            )
            for name in before
        ),
    ]


async def disk(side: Side) -> dict[str, int]:
    """Return the bytes that PostgreSQL's and Temporal's databases take, indexes with them."""
    return {
        "PostgreSQL": await side.readings.size(),
        "Temporal's database": await asyncio.to_thread(taken, side.temporal.database),
    }


def taken(database: Path) -> int:
    """Return the bytes of an SQLite database's pages that are in use, those still in its log with them."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        pages, free, size = (
            int(connection.execute(f"pragma {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


async def rested(side: Side) -> float:
    """Return the workers' memory after a rest, in MB."""
    await asyncio.sleep(IDLE_SECONDS)
    return resident(side.worker_pids())

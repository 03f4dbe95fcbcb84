"""One bench from first server to last figure: sides started, arms in turn, everything stopped."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from handrail.drills.bench.endurance import soak, waiting
from handrail.drills.bench.front.door import Door, opened
from handrail.drills.bench.front.pages import pages
from handrail.drills.bench.front.streams import streams
from handrail.drills.bench.groups import Groups
from handrail.drills.bench.histories import histories
from handrail.drills.bench.measures import OVER_HTTP, Measure
from handrail.drills.bench.plan import BenchPlan
from handrail.drills.bench.profile.take import profile
from handrail.drills.bench.stack.checkout import OURSELVES, beside, ours, ourselves
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.comparing import compare
from handrail.drills.bench.statistics.results import Bench, Cell, Machine, PartShare, Reading
from handrail.drills.bench.turns import Group, many
from handrail.drills.bench.work import loads, obvious
from handrail.drills.bench.work.arms import NOTHING, OBVIOUS

Tell = Callable[[str], None]


async def bench(plan: BenchPlan, tell: Tell, *, app: bool = True) -> Bench:
    """Measure what the plan asks for; `app` takes the obvious app along, `tell` hears what goes on.

    Raises:
        InvalidInput: the checkout beside, or the obvious app, cannot run.
        StackFailed: a part would not start, or cases went another way than they should.
    """
    app = app and not {Measure.PLAIN, Measure.SINGLE}.isdisjoint(plan.measures)
    if app:
        obvious.require()
    other = str(plan.beside or "")
    checkouts = [ours(), *([ourselves(other) if other in OURSELVES else beside(plan.beside)] if plan.beside else [])]
    machine, began = here(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="handrail-bench-", ignore_cleanup_errors=True) as folder:
        arms = [["nothing", "obvious"] if app else ["nothing"], ["nothing"]]
        sides = [Side(one, Path(folder) / str(number), arms[number]) for number, one in enumerate(checkouts)]
        async with running(sides, plan.sizes.warm, tell), serving(plan, sides, tell) as doors:
            spent: list[PartShare] = []
            cells, groups = await in_rounds(plan, Groups(plan, sides, doors, obvious=app).make(), tell)
            readings = await once(plan, sides, tell)
            if plan.profile:
                tell("profile of the worker")
                sizes = plan.sizes
                spent = await profile(sides[0], sizes.cases, sizes.warm, sizes.in_flight)
            readings += await at_the_front(plan, doors, tell)
    return Bench(
        machine=machine,
        sides={one.name: one.describe() for one in checkouts},
        rounds=plan.rounds,
        seconds=round(time.monotonic() - began, 1),
        cells=cells,
        compared=[found for group in groups for found in compare(group)],
        readings=readings,
        profile=spent,
    )


@asynccontextmanager
async def running(sides: Sequence[Side], count: int, tell: Tell) -> AsyncIterator[None]:
    """Start the sides one after the other and warm them up; stop them however this ends."""
    async with AsyncExitStack() as stack:
        for side in sides:
            tell(f"starting {side.name} ({side.checkout.folder})")
            stack.push_async_callback(side.stop)
            await side.start()
            await warm(side, count)
        yield


async def warm(side: Side, count: int) -> None:
    """Do a little of everything, so that no arm pays for what is loaded on first use."""
    await many(side, NOTHING, count, count)
    if side.has("obvious"):
        await many(side, OBVIOUS, count, count)
    await loads.cases(side, await side.customers.questions(count), count)


@asynccontextmanager
async def serving(plan: BenchPlan, sides: Sequence[Side], tell: Tell) -> AsyncIterator[list[Door]]:
    """Serve the API of each side, where something is measured over HTTP."""
    async with AsyncExitStack() as stack:
        doors: list[Door] = []
        for side in sides if OVER_HTTP & set(plan.measures) else ():
            tell(f"serving the API of {side.name}")
            doors.append(await stack.enter_async_context(opened(side)))
        yield doors


async def in_rounds(plan: BenchPlan, groups: list[Group], tell: Tell) -> tuple[list[Cell], list[Group]]:
    """Give every arm of every measure its turn in each round."""
    for number in range(plan.rounds):
        for group in groups:
            for turn in group.order(number):
                found = await turn.work()
                turn.cell.rounds.append(found)
                tell(f"round {number + 1} of {plan.rounds}: {group.measure}: {turn.label}: {turn.cell.last}")
    return [turn.cell for group in groups for turn in group.turns], groups


async def once(plan: BenchPlan, sides: Sequence[Side], tell: Tell) -> list[Reading]:
    """Take the figures that need no rounds."""
    found: list[Reading] = []
    for side in sides:
        if Measure.HISTORY in plan.measures:
            tell(f"{Measure.HISTORY}: {side.name}")
            found += await histories(side, plan.sizes.histories)
        if plan.waiting:
            tell(f"{plan.waiting:,} waiting cases: {side.name}")
            found += await waiting(side, plan.waiting, plan.sizes.warm, plan.sizes.in_flight)
        if plan.soak:
            tell(f"{plan.soak:,} cases in a row: {side.name}")
            found += await soak(side, plan.soak, plan.sizes.nothing, plan.sizes.in_flight)
    return found


async def at_the_front(plan: BenchPlan, doors: Sequence[Door], tell: Tell) -> list[Reading]:
    """Take the figures of streams and pages; the pages come last, because their backlog stays."""
    found: list[Reading] = []
    sizes = plan.sizes
    for door in doors:
        if Measure.STREAMS in plan.measures:
            tell(f"{Measure.STREAMS}: {door.side.name}")
            found += await streams(door, sizes.streams, sizes.replies, sizes.front_per_second)
        if Measure.PAGES in plan.measures:
            tell(f"{Measure.PAGES}: {door.side.name}")
            found += await pages(door, sizes.backlog, sizes.looks)
    return found


def here() -> Machine:
    """Return what this machine is, and how busy."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Machine(
        system=system, python=platform.python_version(), cores=os.cpu_count() or 1, load=round(os.getloadavg()[0], 2)
    )

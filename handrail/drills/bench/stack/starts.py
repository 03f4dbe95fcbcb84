"""Start times of a build: a worker until it polls, the stack until it is ready, the command line until it ends."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from handrail.drills.bench.stack.processes import cpu_seconds
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import Round
from handrail.drills.bench.work.loads import CHANNEL
from handrail.embedded.ports import free_block

LOOK_SECONDS = 0.02


async def polling(side: Side) -> Round:
    """Start one more worker until the server knows that it polls for workflows, and stop it."""
    known, began = await side.pollers(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        starting = group.create_task(side.start_worker())
        while not await side.pollers() - known and not starting.done():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(LOOK_SECONDS)
        took = time.monotonic() - began
    await side.stop_worker()
    return Round(count=1, seconds=took, latencies_ms=[took * 1_000])


async def worker(side: Side) -> Round:
    """Start one more worker until it says that everything is loaded, and stop it."""
    began = time.monotonic()
    await side.start_worker()
    took, cpu = time.monotonic() - began, cpu_seconds(side.worker_pids()[-1:])
    await side.stop_worker()
    return Round(count=1, seconds=took, latencies_ms=[took * 1_000], cpu_ms={"worker": cpu * 1_000})


async def help_page(side: Side) -> Round:
    """Print the page of all commands."""
    return await timed(side, "--help")


async def case_open(side: Side) -> Round:
    """Open a case by the command line, without waiting for it."""
    (letter,) = await side.customers.questions(1)
    options = ("--customer", letter.customer_id, "--message", letter.text, "--case-id", f"start-{uuid4().hex[:12]}")
    return await timed(side, "case", "open", *options, "--channel", CHANNEL, "--json")


async def up(side: Side) -> Round:
    """Start the build's own stack, on a folder that was used before, and stop it."""
    folder = side.folder / "up"
    stack, start = ("--data-dir", str(folder), "--json"), ("--port-base", str(free_block()), "--no-samples", "--detach")
    if not folder.exists():
        await side.command("up", *stack, *start)
        await side.command("down", *stack)
    try:
        return await timed(side, "up", *stack, *start)
    finally:
        await side.command("down", *stack)


async def timed(side: Side, *arguments: str) -> Round:
    """Run the command line of the side's build to its end."""
    began = time.monotonic()
    await side.command(*arguments)
    took = time.monotonic() - began
    return Round(count=1, seconds=took, latencies_ms=[took * 1_000])


STARTS = {
    "worker to polling": polling,
    "worker to ready": worker,
    "up, warm": up,
    "--help": help_page,
    "case open": case_open,
}

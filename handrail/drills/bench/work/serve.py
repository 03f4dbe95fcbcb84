"""A worker for one arm: `python -m handrail.drills.bench.work.serve nothing|obvious`, with the worker's own variables.

Workflow code runs without a sandbox: the arms are what Temporal does at its best.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.drills.bench.work.arms import DoNothing, OneActivity, echo
from handrail.drills.bench.work.obvious import Obvious, plugin
from handrail.temporal.connect import connect

QUEUES = {"nothing": "bench-nothing", "obvious": "bench-obvious"}
AT_ONCE = 40


def worker(client: Client, arm: str) -> Worker:
    """Return the arm's worker, on a task queue of its own."""
    queue, runner = QUEUES[arm], UnsandboxedWorkflowRunner()
    if arm == "obvious":
        return Worker(
            client,
            task_queue=queue,
            workflows=[Obvious],
            plugins=[plugin()],
            workflow_runner=runner,
            max_concurrent_activities=AT_ONCE,
        )
    return Worker(
        client,
        task_queue=queue,
        workflows=[DoNothing, OneActivity],
        activities=[echo],
        workflow_runner=runner,
        max_concurrent_activities=AT_ONCE,
    )


async def serve(arm: str) -> None:
    """Poll until SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    client = await connect(os.environ["HANDRAIL_TEMPORAL_ADDRESS"])
    async with worker(client, arm):
        announce()
        await stop.wait()


def announce() -> None:
    """Tell the bench that work is taken."""
    Path(os.environ["HANDRAIL_READY_FILE"]).write_text(str(os.getpid()))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))

"""A workflow that waits for an activity, then for words; `python -m tests.support.asking ADDRESS QUEUE` runs it."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.temporal.connect import connect

AWAY = timedelta(seconds=3)
"""So long the server waits for the worker that had a run, before it asks another."""


@workflow.defn(name="asks")
class Asks:
    """Input: nothing. Says so in its memo when the activity has ended."""

    def __init__(self) -> None:
        self._status = "working"
        self._said = False

    @workflow.run
    async def run(self) -> None:
        """Wait for the activity, then for words."""
        await workflow.execute_activity("work", start_to_close_timeout=timedelta(minutes=1))
        self._status = "waiting"
        workflow.upsert_memo({"status": self._status})
        await workflow.wait_condition(lambda: self._said)

    @workflow.update(name="say")
    def say(self) -> None:
        """Take the words."""
        self._said = True

    @workflow.query(name="status")
    def status(self) -> str:
        """Tell how the workflow stands."""
        return self._status


async def main(address: str, queue: str) -> None:
    """Work until killed."""
    worker = Worker(
        await connect(address),
        task_queue=queue,
        workflows=[Asks],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="first",
        sticky_queue_schedule_to_start_timeout=AWAY,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

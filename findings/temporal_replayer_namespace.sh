#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK): which namespace a payload codec is told of while a history is replayed.
#
# Setting: a codec takes the serialization context, as one does that binds what it encrypts to namespace and workflow. A history
# out of the namespace `default` is replayed by `Replayer` with the worker's own data converter.
#
# Guess: the context names the workflow and the namespace of the history, or none, so that what a worker encrypted is decrypted.
#
# Seen: the workflow is the history's; the namespace is `ReplayNamespace`, the default of `Replayer(namespace=…)`. A codec that
# binds payloads to their namespace refuses every one of them, and each history fails its replay, in a deployment's gate, too.
# Handrail names the namespace wherever it replays what is encrypted.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0'

cat >"$folder/replays.py" <<'PYTHON'
import asyncio
import dataclasses
import sys

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter, PayloadCodec, WithSerializationContext
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

HELLO = "ImhlbGxvIg=="
PLAIN = {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": HELLO}
HISTORY = {
    "events": [
        {
            "eventId": "1",
            "eventTime": "2026-01-01T00:00:00Z",
            "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
            "workflowExecutionStartedEventAttributes": {
                "workflowType": {"name": "echo"},
                "taskQueue": {"name": "q"},
                "input": {"payloads": [PLAIN]},
                "originalExecutionRunId": "run",
                "workflowId": "my-workflow",
            },
        },
        {
            "eventId": "2",
            "eventTime": "2026-01-01T00:00:00Z",
            "eventType": "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED",
            "workflowTaskScheduledEventAttributes": {"taskQueue": {"name": "q"}},
        },
        {
            "eventId": "3",
            "eventTime": "2026-01-01T00:00:00Z",
            "eventType": "EVENT_TYPE_WORKFLOW_TASK_STARTED",
            "workflowTaskStartedEventAttributes": {"scheduledEventId": "2"},
        },
        {
            "eventId": "4",
            "eventTime": "2026-01-01T00:00:00Z",
            "eventType": "EVENT_TYPE_WORKFLOW_TASK_COMPLETED",
            "workflowTaskCompletedEventAttributes": {"scheduledEventId": "2", "startedEventId": "3"},
        },
        {
            "eventId": "5",
            "eventTime": "2026-01-01T00:00:00Z",
            "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED",
            "workflowExecutionCompletedEventAttributes": {
                "result": {"payloads": [PLAIN]},
                "workflowTaskCompletedEventId": "4",
            },
        },
    ]
}
seen = set()


class Telling(PayloadCodec, WithSerializationContext):
    def __init__(self, context=None):
        self.context = context

    def with_context(self, context):
        return Telling(context)

    async def encode(self, payloads):
        return list(payloads)

    async def decode(self, payloads):
        seen.add((self.context.namespace, self.context.workflow_id))
        return list(payloads)


@workflow.defn(name="echo")
class Echo:
    @workflow.run
    async def run(self, said: str) -> str:
        return said


async def main() -> None:
    options = {"namespace": sys.argv[1]} if sys.argv[1:] else {}
    converter = dataclasses.replace(DataConverter.default, payload_codec=Telling())
    replayer = Replayer(
        workflows=[Echo], workflow_runner=UnsandboxedWorkflowRunner(), data_converter=converter, **options
    )
    await replayer.replay_workflow(WorkflowHistory.from_json("my-workflow", HISTORY))
    for namespace, workflow_id in sorted(seen):
        print(namespace, workflow_id)


asyncio.run(main())
PYTHON

seen="as it comes: $("$folder/env/bin/python" "$folder/replays.py")
with the namespace: $("$folder/env/bin/python" "$folder/replays.py" default)"
echo "$seen"
[[ "$seen" == "as it comes: ReplayNamespace my-workflow
with the namespace: default my-workflow" ]] || { echo "a replay names another namespace now" >&2; exit 1; }

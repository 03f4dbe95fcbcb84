"""`python -m tests.replay.traced plain|sandbox FOLDER`: replays histories in a worker whose steps carry traces.

Each is replayed as it was recorded, without any trace; then as a traced client and worker would have written it, in a traced
worker and in one that is not.
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64encode
from pathlib import Path

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from handrail.seeing.now import Seen
from handrail.seeing.traces.otel import processed
from handrail.temporal.tracing import HEADER, Tracing
from handrail.wiring.cases.runners import sandbox
from tests.replay.again import gone, replay

CARRIED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FIELD = {
    "metadata": {"encoding": b64encode(b"json/plain").decode()},
    "data": b64encode(json.dumps({"traceparent": CARRIED}).encode()).decode(),
}
STARTED = ("workflowExecutionStartedEventAttributes", "workflowExecutionSignaledEventAttributes")
STEPS = ("activityTaskScheduledEventAttributes",)
UPDATED = "workflowExecutionUpdateAcceptedEventAttributes"


def traced(text: str) -> str:
    """Return the history as it would be with traces: headers at its start, its signals, updates and steps."""
    history = json.loads(text)
    for event in history["events"]:
        about = next((event[name] for name in (*STARTED, *STEPS) if name in event), None)
        if UPDATED in event:
            about = event[UPDATED]["acceptedRequest"]["input"]
        if about is not None:
            about.setdefault("header", {}).setdefault("fields", {})[HEADER] = FIELD
    return json.dumps(history)


def main() -> int:
    """Print as JSON how many were replayed, which failed, and how many spans that made."""
    kind, folder = sys.argv[1:]
    kept = InMemorySpanExporter()
    seen = Seen(spans=processed(SimpleSpanProcessor(kept), "replay", "b"), traced=True)
    texts = {path.name: path.read_text() for path in sorted(Path(folder).glob("*.json"))}
    both = {name: traced(text) for name, text in texts.items()}
    failures: dict[str, str] = {}
    for given, around in ((texts, (Tracing(seen),)), (both, (Tracing(seen),)), (both, ())):
        failures |= asyncio.run(replay(given, sandbox() if kind == "sandbox" else None, around))
    spans = len(kept.get_finished_spans())
    sys.stdout.write("\n" + json.dumps({"replayed": len(texts), "failures": failures, "spans": spans}))
    return 0


if __name__ == "__main__":
    gone(main())

"""A process that pretends to be a candidate's, and does what a case's first words say: `-m tests.support.pretender`."""

from __future__ import annotations

import json
import os
import time
from typing import Any, BinaryIO

from handrail.frames import answer, frame, put

ASKING = {"case_id": "another", "customer_id": "C-OTHER", "topic": "payout", "prompt": "p"}


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer cases as they say."""
    terms = json.loads(frame(source) or b"{}")
    if terms.get("graph") == "broken":
        return say(sink, broken="DefinitionInvalid: no such graph")
    say(sink, loaded=True)
    while (given := frame(source)) is not None:
        words = json.loads(given)["messages"][0]["text"]
        if words == "hang":
            time.sleep(3_600)
        if words == "crash":
            os._exit(3)
        if words == "nonsense":
            put(sink, b"{not json")
        if words == "flood":
            put(sink, b"x" * 5_000_000)
        if words == "circle":
            while True:
                ask(source, sink, "check", tool="balance", arguments={})
        told = [ask(source, sink, **one) for one in WANTS.get(words, [])]
        stopped = next((one["stop"] for one in told if one["stop"]), "")
        say(sink, answer={"topic": "payout", "reply": json.dumps(told), "passes": True, "stopped": stopped})
    return None


WANTS: dict[str, list[dict[str, Any]]] = {
    "ask": [{"what": "complete", **ASKING}],
    "ask twice": [{"what": "complete", **ASKING}, {"what": "complete", **ASKING}],
    "sneak": [{"what": "read", "tool": "sneak", "arguments": {}}],
    "take": [{"what": "read", "tool": "pay", "arguments": {"amount": 5, "receiver": "ann"}}],
    "look": [{"what": "read", "tool": "balance", "arguments": {}}, {"what": "read", "tool": "balance", "arguments": {}}],
    "preview": [{"what": "check", "tool": "pay", "arguments": {"amount": 5, "receiver": "ann"}}],
}


def ask(source: BinaryIO, sink: BinaryIO, what: str, **body: Any) -> dict[str, Any]:
    """Put a question, and return what is told."""
    say(sink, ask=what, body=body)
    found: dict[str, Any] = json.loads(frame(source) or b'{"stop": "gone"}')
    return found


def say(sink: BinaryIO, **heard: Any) -> None:
    """Send a frame."""
    put(sink, json.dumps(heard).encode())


if __name__ == "__main__":
    answer(0, lambda: None, serve)

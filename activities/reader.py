"""A process that only reads long texts: `python -m activities.reader`. It knows no server, no secret and no case.

Requests come on standard input, answers go to standard output, each a length in four bytes and so much JSON. It ends
with its input: where whoever started it is killed, it is gone, too.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from graphs.hearing import hear
from handrail.domain.case.messages import Author, Message
from handrail.domain.reading import HEAD, READY, ReadingAnswer, ReadingRequest
from handrail.domain.text.figures.mentions import warm
from handrail.domain.text.packs import SHELF

NICE = 5
"""Others' cases come first, where processors are short."""


def answered(raw: bytes) -> ReadingAnswer:
    """Answer a request with what the messages say, or why they could not be read."""
    try:
        wanted = ReadingRequest.model_validate_json(raw)
        return ReadingAnswer(heard=hear(wanted.messages, wanted.known))
    except Exception as error:  # noqa: BLE001 - whatever a text does, the next one is read
        return ReadingAnswer(failure=type(error).__name__)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each request, in their order, until there are no more."""
    while len(head := source.read(HEAD)) == HEAD:
        put(sink, answered(source.read(int.from_bytes(head))).model_dump_json().encode())


def put(sink: BinaryIO, body: bytes) -> None:
    """Write one answer."""
    sink.write(len(body).to_bytes(HEAD) + body)
    sink.flush()


def main() -> None:
    """Say that it is ready, then read."""
    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it, whose end is the end of the input
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if others := os.environ.get("HANDRAIL_LANGUAGES"):
        SHELF.add(Path(others))
    warm()
    hear([Message(message_id="warm", author=Author.CUSTOMER, text="Order O-1, 3 May, 5 EUR", at=datetime.now(UTC), turn=1)])
    with suppress(BrokenPipeError):
        put(sink, READY)
        serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()

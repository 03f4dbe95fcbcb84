"""A process that only reads long texts: `python -m activities.reader`. It knows no server, no secret and no case.

Requests come on standard input, answers go to standard output, each a frame of JSON, see `handrail.frames`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from graphs.hearing import hear
from handrail.domain.case.messages import Author, Message
from handrail.domain.reading import ReadingAnswer, ReadingRequest
from handrail.domain.text.figures.mentions import warm
from handrail.domain.text.packs import SHELF
from handrail.frames import answer, frame, put

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
    while (given := frame(source)) is not None:
        put(sink, answered(given).model_dump_json().encode())


def prepare() -> None:
    """Load what reading needs."""
    if others := os.environ.get("HANDRAIL_LANGUAGES"):
        SHELF.add(Path(others))
    warm()
    hear([Message(message_id="warm", author=Author.CUSTOMER, text="Order O-1, 3 May, 5 EUR", at=datetime.now(UTC), turn=1)])


if __name__ == "__main__":
    answer(NICE, prepare, serve)

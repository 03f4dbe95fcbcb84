"""Requests to a process that reads texts, and its answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Message

HEAD = 4
"""Bytes of the length before each request and answer."""
READY = b"ready"


class ReadingRequest(Stored):
    """Messages of one case; `known` are its facts, which tell the names of things."""

    messages: list[Message]
    known: list[Any] = Field(default_factory=list)


class ReadingAnswer(Stored):
    """An answer: what the messages say, or the kind of error that reading them ended with."""

    heard: MessageExtract | None = None
    failure: str | None = None

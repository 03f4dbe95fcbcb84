"""Channels: the way a customer's message came by, and what has to be brought to them by it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.messages import Author


class Arrival(Stored):
    """A customer's message as it came in: by which channel, and where what is said to them goes.

    `address` means something to its channel alone; without one the customer reads where they wrote, and nothing is sent.
    """

    case_id: str
    message_id: str
    channel: str
    address: str | None = Field(default=None, min_length=1)


class DepartureState(StrEnum):
    """The state of what has to be brought to a customer."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Departure(Stored):
    """A message to a customer on its way out: `answers` is the customer's message whose channel it takes.

    `attempts` counts this one, too.
    """

    case_id: str
    message_id: str
    channel: str
    address: str
    answers: str
    attempts: int
    author: Author
    by: str | None = None
    text: str
    language: str | None = None
    at: datetime
    noted_at: datetime

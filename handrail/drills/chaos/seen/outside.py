"""Evidence from outside the house: what it answered and told by HTTP, and what came and left by webhook and mail."""

from __future__ import annotations

from datetime import datetime

from handrail.domain.base import Stored


class GivenHttpAnswer(Stored):
    """A good answer over HTTP as it came. `key` is the idempotency key that `caller` sent."""

    case_id: str
    caller: str
    key: str
    status: int
    body: str
    path: str = ""


class StreamedEvent(Stored):
    """An event as a reader of a case's stream got it; `number` is the id to go on behind."""

    case_id: str
    number: int
    kind: str
    sequence: int
    position: int
    message_id: str | None = None


class ArrivedWebhook(Stored):
    """A webhook as it came, epoch seconds; `unsigned` says why its signature does not hold."""

    at: float
    webhook_id: str
    kind: str
    case_id: str
    sequence: int
    position: int
    message_id: str | None = None
    unsigned: str = ""


class OutboxMessage(Stored):
    """A message of the outbox: an event on its way to the receiver."""

    message_id: str
    case_id: str
    sequence: int
    state: str


class LetterHandedOver(Stored):
    """A mail that a customer sent into the mailbox, once for each time; `message_id` is as the record would name it."""

    case_id: str
    message_id: str


class TakenMail(Stored):
    """A mail that the customers' server took, epoch seconds; `message_id` is its header's."""

    at: float
    to: str
    message_id: str


class RecordedDeparture(Stored):
    """A reply that has to leave by mail. `header_id` is the Message-ID of its mail, once one was made."""

    case_id: str
    message_id: str
    state: str
    words: str | None = None
    header_id: str | None = None
    recorded_at: datetime | None = None

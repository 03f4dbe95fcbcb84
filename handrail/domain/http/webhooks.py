"""Bodies of the HTTP API for webhooks: where events are sent, and what became of messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.events import EventKind
from handrail.domain.case.messages import MAX_NAME
from handrail.domain.http.bodies import IDENTIFIER, HttpBody
from handrail.domain.webhooks import DeadMessage, WebhookEndpoint

BoundedName = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class NewWebhook(HttpBody):
    """A place to send events to. `kinds` are those wanted, all where there are none.

    Of `waiting`, where `roles` or `queues` are named, only decisions that take one of the roles and cases in one of the
    queues.
    """

    url: str = Field(min_length=1, max_length=2_000, description="https://… that takes POSTs")
    kinds: list[EventKind] = Field(default_factory=list, max_length=len(EventKind))
    roles: list[BoundedName] = Field(default_factory=list, max_length=50)
    queues: list[BoundedName] = Field(default_factory=list, max_length=50)
    owner: str | None = Field(
        default=None, min_length=1, max_length=MAX_NAME, description="by default whom the key stands for"
    )


class RotateWebhook(HttpBody):
    """A new secret; there is nothing to say about it."""


class TryWebhook(HttpBody):
    """A test message; there is nothing to say about it."""


class ReplayWebhook(HttpBody):
    """Messages to send again: this one, whatever became of it, or all dead ones."""

    message_id: str | None = Field(default=None, pattern=IDENTIFIER)


class WebhookSecret(Stored):
    """A signing secret, shown to whom it was made for; `secret_id` is its number."""

    endpoint_id: str
    secret_id: int
    secret: str


class WebhookList(Stored):
    """The places that events are sent to, oldest first."""

    webhooks: list[WebhookEndpoint]


class WebhookAnswer(Stored):
    """A receiver's answer to a test message."""

    taken: bool
    status: int | None = None
    words: str


class DeadMessageList(Stored):
    """Messages that nobody took, the newest first."""

    messages: list[DeadMessage]


class ReplayedMessages(Stored):
    """The number of messages that are sent again."""

    replayed: int

"""Ports of webhooks: endpoints with their secrets, messages on their way, and the sending itself."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from handrail.domain.webhooks import (
    Answered,
    DeadMessage,
    DeliveryRequest,
    NumberedSecret,
    WebhookEndpoint,
    WebhookMessage,
    WebhookWanted,
)


class WebhookEndpoints(Protocol):
    """The endpoints with their sealed secrets. Methods raise UnknownWebhook where there is none of that id."""

    async def add(self, endpoint_id: str, url: str, wanted: WebhookWanted, owner: str, sealed: str) -> NumberedSecret:
        """Add an endpoint with its first secret."""
        ...

    async def all(self) -> list[WebhookEndpoint]:
        """Return the endpoints, oldest first."""
        ...

    async def one(self, endpoint_id: str) -> WebhookEndpoint:
        """Return an endpoint."""
        ...

    async def remove(self, endpoint_id: str) -> None:
        """Send nothing more there, for good."""
        ...

    async def rotate(self, endpoint_id: str, sealed: str) -> NumberedSecret:
        """Add a secret; the one before signs on for a while."""
        ...

    async def enable(self, endpoint_id: str) -> None:
        """Send there again."""
        ...

    async def secrets(self, endpoint_id: str) -> list[str]:
        """Return the sealed secrets that have not ended, newest first."""
        ...

    async def sealed(self, secret: NumberedSecret) -> str:
        """Return the sealed secret, which has not ended."""
        ...


class MessagesAgain(Protocol):
    """Messages that were given up, and those on their way, as an endpoint's owner sees them."""

    async def dead(self, endpoint_id: str | None, most: int) -> list[DeadMessage]:
        """Return the messages that nobody took, the newest first."""
        ...

    async def replay(self, endpoint_id: str, message_id: str | None = None) -> list[DeliveryRequest]:
        """Have dead messages sent again, or this one whatever became of it."""
        ...

    async def waiting(self, endpoint_id: str) -> list[DeliveryRequest]:
        """Return the cases of which messages are on their way to the endpoint."""
        ...


class WebhookOutbox(Protocol):
    """Messages on their way."""

    async def next(self, asked: DeliveryRequest) -> tuple[WebhookEndpoint, WebhookMessage] | None:
        """Return the oldest message of the case that is pending; None where there is none, or the endpoint takes none."""
        ...

    async def attempted(self, message: WebhookMessage, answered: Answered, again_in: float | None) -> None:
        """Note an attempt: delivered, or again in so many seconds, or dead."""
        ...

    async def disable(self, endpoint_id: str, because: str) -> None:
        """Send nothing more to the endpoint, until a person enables it again."""
        ...

    async def secrets(self, endpoint_id: str) -> list[str]:
        """Return the sealed secrets that have not ended, newest first."""
        ...


class WebhookSender(Protocol):
    """The way out of the house."""

    async def send(self, url: str, message_id: str, body: bytes, secrets: list[str], at: datetime) -> Answered:
        """Sign with every secret and send, once; what goes wrong is an answer, too."""
        ...


class SecretSeal(Protocol):
    """The encryption of secrets that have to be read again."""

    def seal(self, secret: str) -> str:
        """Encrypt the secret. Raises: WebhooksNotSetUp: there is no key, or it is too short."""
        ...

    def open(self, sealed: str) -> str:
        """Return the secret. Raises: WebhooksNotSetUp: the key is not the one that sealed it."""
        ...

"""Ports of webhooks: endpoints with their secrets, messages on their way, and the sending itself."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from handrail.domain.webhooks import Answered, DeliveryRequest, WebhookEndpoint, WebhookMessage


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

    def open(self, sealed: str) -> str:
        """Return the secret. Raises: InvalidInput: the key is not the one that sealed it."""
        ...

"""Managing webhooks: endpoints with their secrets, a test message, and messages that are sent again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from handrail.domain.errors import InvalidInput
from handrail.domain.webhooks import (
    TEST,
    Answered,
    DeadMessage,
    DeliveryRequest,
    NumberedSecret,
    WebhookEndpoint,
    WebhookWanted,
)
from handrail.ports.front.webhooks import MessagesAgain, SecretSeal, WebhookEndpoints, WebhookSender
from handrail.webhooks.addresses import check_url
from handrail.webhooks.sealing import new_secret

Deliver = Callable[[list[DeliveryRequest]], Awaitable[None]]
"""Ends the pauses of deliveries, or begins them."""


@dataclass(frozen=True, slots=True)
class WebhookOffice:
    """The office where owners manage webhooks, from the command line and over HTTP alike.

    Methods that take an id raise UnknownWebhook where there is none of it, and those that touch a secret raise
    WebhooksNotSetUp where the key that seals them is missing or another one.
    """

    endpoints: WebhookEndpoints
    messages: MessagesAgain
    seal: SecretSeal
    sender: WebhookSender
    deliver: Deliver
    loopback: bool = False

    async def add(self, url: str, wanted: WebhookWanted, owner: str) -> NumberedSecret:
        """Send events there from now on. Raises: InvalidInput: the address may not be reached."""
        check_url(url, loopback=self.loopback)
        return await self.endpoints.add(f"wh-{uuid4().hex[:12]}", url, wanted, owner, self.seal.seal(new_secret()))

    async def rotate(self, endpoint_id: str) -> NumberedSecret:
        """Make a new secret; the one before signs on beside it for a day."""
        return await self.endpoints.rotate(endpoint_id, self.seal.seal(new_secret()))

    async def reveal(self, secret: NumberedSecret) -> str:
        """Return the secret itself."""
        return self.seal.open(await self.endpoints.sealed(secret))

    async def all(self) -> list[WebhookEndpoint]:
        """Return the endpoints, oldest first."""
        return await self.endpoints.all()

    async def one(self, endpoint_id: str) -> WebhookEndpoint:
        """Return an endpoint."""
        return await self.endpoints.one(endpoint_id)

    async def remove(self, endpoint_id: str) -> None:
        """Send nothing more there, for good."""
        await self.endpoints.remove(endpoint_id)

    async def test(self, endpoint_id: str) -> Answered:
        """Send a signed test message now, from here, and return the answer."""
        endpoint, now = await self.endpoints.one(endpoint_id), datetime.now(UTC)
        secrets = [self.seal.open(one) for one in await self.endpoints.secrets(endpoint_id)]
        body = json.dumps({"type": TEST, "timestamp": now.isoformat(), "data": {"endpoint_id": endpoint_id}}).encode()
        return await self.sender.send(endpoint.url, f"msg_{uuid4().hex}", body, secrets, now)

    async def dead(self, endpoint_id: str | None, most: int) -> list[DeadMessage]:
        """Return the messages that nobody took, the newest first."""
        if endpoint_id is not None:
            await self.endpoints.one(endpoint_id)
        return await self.messages.dead(endpoint_id, most)

    async def replay(self, endpoint_id: str, message_id: str | None) -> int:
        """Send dead messages again, or this one, and return how many; an endpoint that was disabled is enabled.

        Raises:
            InvalidInput: the endpoint has no such message.
        """
        await self.endpoints.enable(endpoint_id)
        found = await self.messages.replay(endpoint_id, message_id)
        if message_id is not None and not found:
            raise InvalidInput(
                f"message: {endpoint_id} has no message {message_id[:60]!r}. `webhooks dead` lists those given up."
            )
        await self.deliver([*found, *await self.messages.waiting(endpoint_id)])
        return len(found)

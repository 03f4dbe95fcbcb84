"""The activity that delivers webhooks: one attempt at the oldest message of a case for an endpoint."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from temporalio import activity

from handrail.domain.webhooks import (
    DeliveryRequest,
    DeliveryResult,
    WebhookEndpoint,
    WebhookMessage,
    WebhooksNotSetUp,
    pause,
    payload,
)
from handrail.ports import Clock
from handrail.ports.front.webhooks import SecretSeal, WebhookOutbox, WebhookSender

_log = logging.getLogger("handrail.webhooks")


class WebhookActivities:
    """Sends messages over the ports; `chance` gives numbers from 0 to 1 for the jitter."""

    def __init__(
        self, outbox: WebhookOutbox, sender: WebhookSender, seal: SecretSeal, clock: Clock, chance: Callable[[], float]
    ) -> None:
        self._outbox, self._sender, self._seal, self._clock, self._chance = outbox, sender, seal, clock, chance

    @activity.defn(name="webhooks.attempt")
    async def attempt(self, asked: DeliveryRequest) -> DeliveryResult:
        """Send the oldest message that is left, and note what came of it.

        An attempt that is made again because its worker died sends again: receivers know the message by its id.
        """
        found = await self._outbox.next(asked)
        if found is None:
            return DeliveryResult()
        try:
            return DeliveryResult(again_in=await self._send(*found))
        except WebhooksNotSetUp:
            # It waits, and no attempt is counted: what addresses messages says so, and begins again once the key is there.
            return DeliveryResult()

    async def _send(self, endpoint: WebhookEndpoint, message: WebhookMessage) -> float | None:
        body = json.dumps(payload(message.event), ensure_ascii=False, separators=(",", ":")).encode()
        secrets = [self._seal.open(one) for one in await self._outbox.secrets(endpoint.endpoint_id)]
        answered = await self._sender.send(endpoint.url, message.message_id, body, secrets, self._clock.now())
        if answered.taken:
            await self._outbox.attempted(message, answered, None)
            return 0.0
        if answered.gone:
            await self._outbox.attempted(message, answered, 0.0)
            await self._outbox.disable(endpoint.endpoint_id, f"it answered 410 to {message.message_id}")
            _log.warning("webhook %s of %s answered 410 and is disabled", endpoint.endpoint_id, endpoint.owner)
            return None
        again_in = pause(message.attempts + 1, self._chance(), answered.after)
        await self._outbox.attempted(message, answered, again_in)
        # Dead: the next message of the case is due.
        return 0.0 if again_in is None else again_in

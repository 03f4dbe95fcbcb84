"""Messages of webhooks in PostgreSQL: made of events, in their order, each once for an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handrail.domain.webhooks import Answered, DeadMessage, DeliveryRequest, WebhookEndpoint, WebhookMessage
from handrail.postgres.pool import alone, writing
from handrail.postgres.queries import QUERIES
from handrail.postgres.sweeping import sweep
from handrail.postgres.webhooks.secrets import PostgresSecrets

BATCH = 500
LATE = timedelta(seconds=30)
SWEPT = 5_000
"""Messages forgotten by one statement."""


class PostgresOutbox(PostgresSecrets):
    """The port `WebhookOutbox`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    async def address(self) -> list[DeliveryRequest]:
        """Make messages of the next events; return whose cases have some. Workers do it one after the other."""
        made = [DeliveryRequest.model_validate(row) for row in await alone(self._pool, "address_webhooks", most=BATCH)]
        return list({(one.endpoint_id, one.case_id): one for one in made}.values())

    async def overdue(self, late: timedelta = LATE, without: Sequence[str] = ()) -> list[DeliveryRequest]:
        """Read where messages wait that somebody should have sent by now, except for the endpoints named."""
        found = await alone(self._pool, "overdue_webhooks", late=late, without=list(without), most=BATCH)
        return [DeliveryRequest.model_validate(row) for row in found]

    async def next(self, asked: DeliveryRequest) -> tuple[WebhookEndpoint, WebhookMessage] | None:
        """Return the oldest message of the case that is pending; None where there is none, or the endpoint takes none."""
        found = await alone(self._pool, "next_webhook_message", **asked.model_dump())
        if not found:
            return None
        message = WebhookMessage.model_validate({**found[0], "endpoint_id": asked.endpoint_id})
        return WebhookEndpoint.model_validate(found[0]["endpoint"]), message

    async def attempted(self, message: WebhookMessage, answered: Answered, again_in: float | None) -> None:
        """Note an attempt: delivered, or again in so many seconds, or dead."""
        state = "delivered" if answered.taken else "dead" if again_in is None else "pending"
        about = {"message_id": message.message_id, "state": state, "words": answered.words, "again_in": again_in}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["note_webhook_attempt"], about)

    async def disable(self, endpoint_id: str, because: str) -> None:
        """Send nothing more to the endpoint, until a person enables it again."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["disable_webhook"], {"endpoint_id": endpoint_id, "because": because})

    async def dead(self, endpoint_id: str | None, most: int) -> list[DeadMessage]:
        """Read the messages that nobody took, the newest first."""
        found = await alone(self._pool, "dead_webhook_messages", endpoint_id=endpoint_id, most=most)
        return [DeadMessage.model_validate(row) for row in found]

    async def replay(self, endpoint_id: str, message_id: str | None = None) -> list[DeliveryRequest]:
        """Have dead messages sent again, or this one whatever became of it; each keeps its id. Return whose cases."""
        found = await alone(self._pool, "replay_webhook_messages", endpoint_id=endpoint_id, message_id=message_id)
        return [DeliveryRequest.model_validate(row) for row in found]

    async def waiting(self, endpoint_id: str) -> list[DeliveryRequest]:
        """Return the cases of which messages are on their way to the endpoint."""
        found = await alone(self._pool, "waiting_webhooks", endpoint_id=endpoint_id)
        return [DeliveryRequest.model_validate(row) for row in found]

    async def sweep(self, older: timedelta) -> int:
        """Forget messages that were delivered or given up longer ago, and what waited for an endpoint removed by then."""
        return await sweep(self._pool, "sweep_webhook_messages", older, SWEPT)

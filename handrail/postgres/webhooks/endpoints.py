"""Endpoints of webhooks in PostgreSQL, with their sealed secrets."""

from __future__ import annotations

from datetime import timedelta

from handrail.domain.webhooks import NumberedSecret, UnknownWebhook, WebhookEndpoint, WebhookWanted
from handrail.postgres.pool import alone, rows, writing
from handrail.postgres.queries import QUERIES
from handrail.postgres.webhooks.secrets import PostgresSecrets

OVERLAP = timedelta(hours=24)
"""A rotated secret signs on for so long beside the new one."""


class PostgresWebhooks(PostgresSecrets):
    """The port `WebhookEndpoints`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    async def add(self, endpoint_id: str, url: str, wanted: WebhookWanted, owner: str, sealed: str) -> NumberedSecret:
        """Add an endpoint with its first secret; it gets the events from now on."""
        about = {"endpoint_id": endpoint_id, "url": url, "owner": owner, **wanted.model_dump(mode="json")}
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["lock_webhook_cursor"])
            await cursor.execute(QUERIES["begin_webhook_cursor"])
            await cursor.execute(QUERIES["add_webhook"], about)
            secret = {"endpoint_id": endpoint_id, "sealed": sealed, "overlap": OVERLAP}
            await cursor.execute(QUERIES["add_webhook_secret"], secret)
            return NumberedSecret.model_validate(await cursor.fetchone())

    async def wanted(self) -> bool:
        """Return whether anybody is to be called."""
        return bool((await alone(self._pool, "webhooks_wanted"))[0]["wanted"])

    async def all(self) -> list[WebhookEndpoint]:
        """Read the endpoints, oldest first."""
        return [WebhookEndpoint.model_validate(row) for row in await alone(self._pool, "webhooks")]

    async def one(self, endpoint_id: str) -> WebhookEndpoint:
        """Read an endpoint. Raises: UnknownWebhook."""
        found = await alone(self._pool, "webhook", endpoint_id=endpoint_id)
        if not found:
            raise _unknown(endpoint_id)
        return WebhookEndpoint.model_validate(found[0])

    async def remove(self, endpoint_id: str) -> None:
        """Send nothing more to the endpoint. Raises: UnknownWebhook."""
        if not await alone(self._pool, "remove_webhook", endpoint_id=endpoint_id):
            raise _unknown(endpoint_id)

    async def rotate(self, endpoint_id: str, sealed: str, overlap: timedelta = OVERLAP) -> NumberedSecret:
        """Add a secret; the one before signs on for the overlap. Raises: UnknownWebhook."""
        await self.one(endpoint_id)
        async with writing(self._pool) as connection, rows(connection) as cursor:
            about = {"endpoint_id": endpoint_id, "sealed": sealed, "overlap": overlap}
            await cursor.execute(QUERIES["add_webhook_secret"], about)
            return NumberedSecret.model_validate(await cursor.fetchone())

    async def enable(self, endpoint_id: str) -> None:
        """Send to the endpoint again. Raises: UnknownWebhook."""
        await self.one(endpoint_id)
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["enable_webhook"], {"endpoint_id": endpoint_id})

    async def sealed(self, secret: NumberedSecret) -> str:
        """Read a sealed secret by its number. Raises: UnknownWebhook: it has ended, or its endpoint is removed."""
        await self.one(secret.endpoint_id)
        found = await alone(self._pool, "webhook_secret", **secret.model_dump())
        if not found:
            raise UnknownWebhook(f"secret: number {secret.secret_id} of {secret.endpoint_id} has ended. Rotate for a new one.")
        return str(found[0]["sealed"])

    async def disabled(self) -> list[str]:
        """Say which endpoints take nothing more, whose they are, and why."""
        found = await alone(self._pool, "disabled_webhooks")
        return [f"{row['endpoint_id']} of {row['owner']}: {row['disabled_because']}" for row in found]


def _unknown(endpoint_id: str) -> UnknownWebhook:
    return UnknownWebhook(f"ID: there is no webhook {endpoint_id[:60]!r}. List them with `handrail webhooks list`.")

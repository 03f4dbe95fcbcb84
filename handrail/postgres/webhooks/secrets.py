"""Signing secrets of webhooks in PostgreSQL, sealed: those that count, and an end of those that do not."""

from __future__ import annotations

from handrail.postgres.pool import Pool, alone


class PostgresSecrets:
    """The sealed secrets. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def secrets(self, endpoint_id: str) -> list[str]:
        """Return the sealed secrets that have not ended, newest first."""
        return [row["sealed"] for row in await alone(self._pool, "live_webhook_secrets", endpoint_id=endpoint_id)]

    async def sweep_secrets(self) -> int:
        """Forget secrets that have ended, and those of removed endpoints; return how many."""
        return len(await alone(self._pool, "sweep_webhook_secrets"))

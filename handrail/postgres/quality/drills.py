"""Drills of the kill switch, as the record knows them."""

from __future__ import annotations

from datetime import datetime

from handrail.postgres.pool import Pool, alone


class PostgresDrills:
    """The drills of this record. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self) -> datetime | None:
        """Return when the kill switch was last thrown by a drill; None where it never was."""
        (found,) = await alone(self._pool, "latest_drill", prepare=False)
        at: datetime | None = found["at"]
        return at

"""API keys in PostgreSQL: of each secret its SHA-256 alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handrail.domain.access.keys import ApiKey
from handrail.domain.errors import IllegalTransition, InvalidInput
from handrail.postgres.pool import Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

LIVE_AT_ONCE = 2


class PostgresApiKeys:
    """The keys. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, key_id: str) -> ApiKey | None:
        """Return the key, live or not."""
        found = await alone(self._pool, "api_key", key_id=key_id)
        return ApiKey.model_validate(found[0]) if found else None

    async def used(self, key_id: str) -> None:
        """Note that the key was used now, once a minute at most."""
        await alone(self._pool, "use_api_key", key_id=key_id)

    async def all(self) -> list[ApiKey]:
        """Read every key that there ever was, the newest first."""
        return [ApiKey.model_validate(row) for row in await alone(self._pool, "api_keys")]

    async def add(self, key: ApiKey) -> None:
        """Keep a key."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["add_api_key"], _row(key))

    async def revoke(self, key_id: str, by: str, at: datetime) -> ApiKey:
        """End a key now, for good. Raises: InvalidInput: there is none."""
        found = await alone(self._pool, "revoke_api_key", key_id=key_id, by=by, at=at)
        if not found:
            raise _unknown(key_id)
        return ApiKey.model_validate(found[0])

    async def rotate(self, key_id: str, fresh: ApiKey, until: datetime) -> ApiKey:
        """Put `fresh` beside a key of the same caller, which then counts until the moment; return the fresh one.

        Raises:
            InvalidInput: there is no such key.
            IllegalTransition: the key has ended, or two of its caller are live already.
        """
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["hold_api_key"], {"key_id": key_id})
            kin = [ApiKey.model_validate(row) for row in await cursor.fetchall()]
            old = next((one for one in kin if one.key_id == key_id), None)
            if old is None:
                raise _unknown(key_id)
            live = [one.key_id for one in kin if one.lives(fresh.created_at)]
            if key_id not in live:
                raise IllegalTransition(f"key {key_id} has ended. Make a new one with `handrail keys create`.")
            if len(live) >= LIVE_AT_ONCE:
                raise IllegalTransition(
                    f"key {key_id}: {' and '.join(live)} are both live. Revoke the one that nobody uses any more, then rotate."
                )
            taken = fresh.model_copy(update=old.model_dump(include={"caller", "name", "environment", "scopes", "person"}))
            await cursor.execute(QUERIES["add_api_key"], _row(taken))
            await cursor.execute(QUERIES["end_api_key"], {"key_id": key_id, "at": until})
            return taken


def _row(key: ApiKey) -> Mapping[str, Any]:
    return {**key.model_dump(), "scopes": sorted(str(one) for one in key.scopes)}


def _unknown(key_id: str) -> InvalidInput:
    return InvalidInput(f"key: there is no key {key_id[:40]!r}. List them with `handrail keys list`.")

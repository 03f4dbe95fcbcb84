"""Wrapped keys in PostgreSQL: found, added, counted, wrapped anew and destroyed. A master key, not here, guards each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow

from handrail.domain.access.vault import DataKey, MasterWrapped, OwnerKey, Shredded, WrappedCount
from handrail.domain.base import digest
from handrail.postgres.pool import Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

CASE_PREFIX = "case-"
"""The workflow of a case has its id behind this."""


class PostgresKeyStore:
    """The ports `KeyStore` and `KeyShredder`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_workflow(
        self, namespace: str, workflow_id: str, customer_id: str | None
    ) -> tuple[DataKey | None, OwnerKey | None]:
        """Return the workflow's key, and the customer's; each None where there is none."""
        about: dict[str, Any] = {"namespace": namespace, "workflow_id": workflow_id, "customer_id": customer_id}
        found = await alone(self._pool, "keys_for", **about)
        data = next((_data(row) for row in found if row["key_id"] is not None), None)
        return data, next((_owner(row) for row in found if row["key_id"] is None), None)

    async def by_id(self, key_ids: Sequence[str]) -> list[DataKey]:
        """Return those of the keys that there are."""
        return [_data(row) for row in await alone(self._pool, "data_keys", key_ids=list(key_ids))]

    async def keep(self, key: DataKey) -> bool:
        """Keep a key and its owner's; false where another one stands for the workflow, or for the customer."""
        owner = key.owner
        values: dict[str, Any] = {
            **key._asdict(),
            "owner_id": owner.key_id,
            "customer_id": owner.customer_id,
            "master_id": owner.wrapped.master,
            "owner_wrapped": owner.wrapped.sealed,
        }
        del values["owner"]
        try:
            return bool(await alone(self._pool, "keep_data_key", **values))
        except ForeignKeyViolation:
            return False  # The customer's key was destroyed at this moment.

    async def bind(self, key_id: str, workflow_id: str) -> None:
        """Note in which workflow a key was found that was made for none."""
        await alone(self._pool, "bind_data_key", key_id=key_id, workflow_id=workflow_id)

    async def shredded(self, key_ids: Sequence[str]) -> dict[str, datetime]:
        """Return which of the keys were destroyed, and when."""
        return {str(row["key_id"]): row["at"] for row in await alone(self._pool, "shredded_at", key_ids=list(key_ids))}

    async def shredded_since(self, seconds: float) -> list[str]:
        """Return the keys that were destroyed within so many seconds."""
        return [str(row["key_id"]) for row in await alone(self._pool, "shredded_since", seconds=seconds)]

    async def shred(self, customer_id: str) -> Shredded:
        """Destroy the keys of a customer and of all the customer's cases, for good, in one transaction."""
        async with writing(self._pool) as connection, rows(connection) as cursor:
            about = {"customer_id": customer_id, "prefix": CASE_PREFIX}
            # Whoever adds a key under the customer's just now is waited for, and whoever comes later finds none.
            await cursor.execute(QUERIES["hold_customer_keys"], about)
            await cursor.execute(QUERIES["erase_data_keys"], about)
            data = cursor.rowcount
            await cursor.execute(QUERIES["erase_owner_keys"], about)
            return Shredded(owner_keys=cursor.rowcount, data_keys=data)


class PostgresPlainReadings:
    """The port `PlainReadings`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, case_ids: Sequence[str], reader: str, at: datetime) -> None:
        """Note that somebody reads the cases, once a minute for each; of a case that the record lacks there is no audit."""
        entry_id = f"decrypted:{digest([reader, f'{at:%Y-%m-%dT%H:%M}'])[:24]}"
        await alone(self._pool, "note_plain_reading", entry_id=entry_id, at=at, reader=reader, case_ids=list(case_ids))


class PostgresKeyRotation:
    """The port `KeyRotation`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def counts(self) -> list[WrappedCount]:
        """Return how many keys each master key wraps."""
        found = await alone(self._pool, "count_owner_keys")
        return [WrappedCount(row["master_id"], row["customers"], row["workflows"]) for row in found]

    async def totals(self) -> tuple[int, int]:
        """Return how many keys of data there are, and how many were destroyed."""
        [found] = await alone(self._pool, "count_data_keys")
        return found["data_keys"], found["shredded"]

    async def rewrap(
        self, first: str, anew: Callable[[OwnerKey], Awaitable[OwnerKey]], behind: str, most: int
    ) -> tuple[int, str]:
        """Put `anew` in the place of the next keys that `first` does not wrap; return how many, and the last one's id.

        What `anew` raises changes nothing of this batch.
        """
        about = {"master_id": first, "behind": behind, "most": most}
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["owner_keys_of_others"], about)
            found = [_owner(row) for row in await cursor.fetchall()]
            for owner in found:
                fresh = (await anew(owner)).wrapped
                values = {"owner_id": owner.key_id, "master_id": fresh.master, "owner_wrapped": fresh.sealed}
                await cursor.execute(QUERIES["rewrap_owner_key"], values)
        return len(found), found[-1].key_id if found else behind


def _owner(row: DictRow) -> OwnerKey:
    wrapped = MasterWrapped(row["master_id"], bytes(row["owner_wrapped"]))
    return OwnerKey(row["owner_id"], row["customer_id"], wrapped)


def _data(row: DictRow) -> DataKey:
    whose = (row["namespace"], row["sealed_for"], row["workflow_id"])
    return DataKey(row["key_id"], *whose, _owner(row), bytes(row["wrapped"]))

"""The audit as it stands in PostgreSQL: its entries with their links, in one view of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.abc import Buffer
from psycopg.errors import DataError
from psycopg.rows import dict_row
from psycopg.types.datetime import TimestamptzLoader

from handrail.domain.audit import FAULTS, Anchor, Broken, Link, parsed
from handrail.domain.base import Stored
from handrail.postgres.pool import Connection, Pool, alone, rows
from handrail.postgres.queries import QUERIES

AT_ONCE = 1_000
ENTRY = ("at", "actor", "action", "details")


class AuditTimestampLoader(TimestamptzLoader):
    """A moment that Python has no datetime for, such as `infinity`, comes as the error, so that its row can be told."""

    def load(self, data: Buffer) -> Any:
        """The datetime, or why there is none."""
        try:
            return super().load(data)
        except DataError as error:
            return error


@dataclass(frozen=True, slots=True)
class AuditView:
    """One view of the audit: `head` is where the chain says that it ends. Everything is of one case, where one is named."""

    head: Anchor
    _connection: Connection
    _case_id: str | None
    _first: int

    async def links(self) -> AsyncIterator[Link]:
        """Every entry with its link, in the chain's order; those that lack one of the two come last."""
        async with self._connection.cursor(name="audit_trail", row_factory=dict_row) as cursor:
            cursor.itersize = AT_ONCE
            cursor.adapters.register_loader("timestamptz", AuditTimestampLoader)
            await cursor.execute(QUERIES["audit_trail"], {"case_id": self._case_id, "first": self._first})
            async for row in cursor:
                yield link_of(row)

    async def unwitnessed(self) -> Broken | None:
        """An effect or a decision that has no entry, though it cannot have happened without."""
        async with rows(self._connection) as cursor:
            await cursor.execute(QUERIES["unwitnessed"], {"case_id": self._case_id})
            found = await cursor.fetchone()
        if found is None:
            return None
        words = f"the {found.pop('what')} stands, and the audit holds no entry for it: the entry was removed with its link"
        return Broken(sequence=None, problem=words, **found)


class ActionCount(Stored):
    """The number of entries of one action, and of the cases that they are of."""

    action: str
    entries: int
    cases: int


class PostgresAudit:
    """Reads the audit. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def trail(self, case_id: str | None = None, since: datetime | None = None) -> AsyncIterator[AuditView]:
        """The audit as it is at one moment, from the first entry of `since` on."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(QUERIES["one_view"])
            head = await _one(connection, "audit_head")
            first = (await _one(connection, "first_since", since=since))["first"] if since else 1
            yield AuditView(Anchor.model_validate(head), connection, case_id, first)

    async def counts(self, kind: str | None = None, since: datetime | None = None) -> list[ActionCount]:
        """Count the entries of each action, of one `kind` (`confirm`, `decision`, `ruled`, …) where it is given."""
        found = await alone(self._pool, "audit_counts", prepare=False, kind=kind, since=since)
        return [ActionCount.model_validate(row) for row in found]


async def _one(connection: Connection, query: str, **parameters: Any) -> dict[str, Any]:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES[query], parameters)
        found = await cursor.fetchone()
        assert found is not None  # noqa: S101
        return found


def link_of(row: dict[str, Any]) -> Link:
    """The link in a row whose details are JSON text: digits are kept as they are written.

    An entry that cannot be read leaves its place, and says so: whoever may write an entry must not stop the check of others.
    """
    try:
        details = None if row["details"] is None else parsed(row["details"])
        return Link.model_validate({**row, "details": details})
    except FAULTS as error:
        cause = row["at"] if isinstance(row["at"], Exception) else error
        return Link.model_validate({**row, **dict.fromkeys(ENTRY)}).without_entry(cause)

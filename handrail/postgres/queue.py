"""The work queue in PostgreSQL: one item for each case that is with people, leased to one person at a time.

Triggers on the cases keep the items, in the transactions that change the cases; nothing here adds or removes one. A lease ends
by itself, and its id fences: who comes late holds nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handrail.domain.base import Stored
from handrail.domain.team.commands import folded
from handrail.domain.team.hours import Span
from handrail.domain.team.staff import Need, TeamMember, Window
from handrail.postgres.pool import Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

LEASE = timedelta(minutes=10)


class Item(Stored):
    """A case in the queue. `assignee` is whom the case itself names, `holder` who leased it; `offers` counts the leases."""

    case_id: str
    queue: str
    tier: int
    priority: int
    language: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    entered_at: datetime
    assignee: str | None = None
    holder: str | None = None
    lease_id: str | None = None
    leased_at: datetime | None = None
    lease_until: datetime | None = None
    offers: int = 0

    @property
    def need(self) -> Need:
        """The item's needs for its person."""
        return Need(queue=self.queue, tier=self.tier, language=self.language)


class Depth(Stored):
    """The depth of the queue: cases that wait, are overdue, are held; `forgotten` are with people and in no queue: never so.

    `refused` are messages that no case could take and that nobody has seen to.
    """

    waiting: int
    overdue: int
    held: int
    forgotten: int
    refused: int = 0


class PostgresQueue:
    """The queue and the on-call windows. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, person: TeamMember, spoken: Sequence[str], lease: timedelta = LEASE) -> Item | None:
        """Lease the best case for the person, None where there is none: by priority, then what is due first.

        `spoken` are the languages that somebody of a queue speaks, as `queue:language`.
        """
        return await self._one(
            "claim_case",
            person=person.name,
            folded=folded(person.name),
            skills=person.skills,
            languages=person.languages,
            tier=person.tier,
            spoken=list(spoken),
            lease=lease,
        )

    async def heartbeat(self, case_id: str, lease_id: str, lease: timedelta = LEASE) -> Item | None:
        """Hold it longer, from now; None where the lease has ended or was another one's."""
        return await self._one("heartbeat_lease", case_id=case_id, lease_id=lease_id, lease=lease)

    async def release(self, case_id: str, lease_id: str) -> bool:
        """Give it back; False where the lease is not this one any more."""
        return await self._one("release_lease", case_id=case_id, lease_id=lease_id) is not None

    async def item(self, case_id: str) -> Item | None:
        """The case in the queue; None where it is not with people."""
        return await self._one("queue_item", case_id=case_id)

    async def items(self, *, queue: str | None = None, limit: int = 100, reader: str | None = None) -> list[Item]:
        """Read the waiting items, in the order in which they are handed out; those alone that the `reader` may read."""
        about = {"queue": queue, "limit": limit, "reader": reader and folded(reader)}
        return [Item.model_validate(row) for row in await self._all("queue_items", **about)]

    async def depth(self, *, queue: str | None = None) -> Depth:
        """Count the waiting items."""
        (counted,), (missing,) = await self._all("queue_depth", queue=queue), await self._all("forgotten_cases")
        (refused,) = await self._all("count_refused_openings")
        return Depth(**counted, forgotten=missing["count"], refused=refused["count"])

    async def windows(self, within: Span) -> list[Window]:
        """Read the on-call windows that touch the time."""
        return [Window.model_validate(row) for row in await self._all("on_call", start=within[0], end=within[1])]

    async def add(self, window: Window, at: datetime) -> None:
        """Keep an on-call window; the same id again changes nothing."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["add_on_call"], {**window.model_dump(), "at": at})

    async def drop(self, window_id: str) -> bool:
        """Take an on-call window back; False where there is none."""
        return bool(await self._changed("drop_on_call", window_id=window_id))

    async def _one(self, query: str, **parameters: Any) -> Item | None:
        found = await self._changed(query, **parameters)
        return Item.model_validate(found[0]) if found else None

    async def _changed(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], parameters)
            return await cursor.fetchall()

    async def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await alone(self._pool, query, prepare=False, **parameters)

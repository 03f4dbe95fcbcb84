"""Queries of the bench: which cases settled and which effects stand, and when they were committed.

The server must keep the time of every commit (`track_commit_timestamp=on`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.domain.base import Stored
from handrail.drills.queries import read
from handrail.postgres.pool import Pool


class Settled(Stored):
    """A case on which nobody works. `committed` in epoch seconds."""

    case_id: str
    status: str
    reason: str | None
    committed: float


class Waiting(Stored):
    """An approval that is open."""

    case_id: str
    approval_id: str
    revision: int


class Applied(Stored):
    """A case whose effect stands. `committed` in epoch seconds."""

    case_id: str
    committed: float


class PostgresMeasuring:
    """Reads only. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def settled(self, case_ids: Sequence[str]) -> list[Settled]:
        """Return those of the cases that settled."""
        return [Settled.model_validate(row) for row in await self._all("bench_settled", case_ids)]

    async def approvals(self, case_ids: Sequence[str]) -> list[Waiting]:
        """Return the open approvals of the cases."""
        return [Waiting.model_validate(row) for row in await self._all("bench_approvals", case_ids)]

    async def applied(self, case_ids: Sequence[str]) -> list[Applied]:
        """Return those of the cases whose effect was applied."""
        return [Applied.model_validate(row) for row in await self._all("bench_applied", case_ids)]

    async def replied(self, case_ids: Sequence[str]) -> dict[str, float]:
        """Return when each case's first reply was committed, in epoch seconds."""
        return {str(row["case_id"]): float(row["committed"]) for row in await self._all("bench_replied", case_ids)}

    async def size(self) -> int:
        """Return the bytes that the database takes, indexes with it."""
        (row,) = await read(self._pool, "bench_size")
        return int(row["bytes"])

    async def _all(self, query: str, case_ids: Sequence[str]) -> list[dict[str, Any]]:
        return await read(self._pool, query, case_ids=list(case_ids))

"""The outbox of the front door in PostgreSQL: cases that were answered for, until they stand in the record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.case.starts import CaseStart, KeptStart, other_content
from handrail.postgres.pool import Pool, alone

SOON = timedelta(seconds=3)
"""Whoever keeps a start begins it at once; behind this anybody does."""
LEASE = timedelta(seconds=15)
"""Nobody goes on with a start for longer that they took up."""


class PostgresCaseStarts:
    """The port `CaseStarts`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, start: CaseStart) -> bool:
        """See `ports.front.starts`."""
        while not await alone(self._pool, "keep_case_start", **columns(start)):
            standing = await alone(self._pool, "standing_case", case_id=start.case.case_id)
            if standing and standing[0]["content_digest"] != start.case.content_digest():
                raise other_content(start.case.case_id)
            if standing:
                return False
        return True

    async def find(self, case_id: str) -> KeptStart | None:
        """See `ports.front.starts`."""
        return _one(await alone(self._pool, "case_start", case_id=case_id))

    async def due(self, most: int, lease: timedelta = LEASE) -> list[KeptStart]:
        """See `ports.front.starts`."""
        return [_kept(row) for row in await alone(self._pool, "due_case_starts", most=most, lease=lease)]

    async def take(self, case_id: str, lease: timedelta = LEASE) -> KeptStart | None:
        """See `ports.front.starts`."""
        return _one(await alone(self._pool, "take_case_start", case_id=case_id, lease=lease))

    async def begun(self, case_id: str) -> None:
        """See `ports.front.starts`."""
        await alone(self._pool, "case_begun", case_id=case_id)

    async def refused(self, case_id: str, words: str) -> None:
        """See `ports.front.starts`."""
        await alone(self._pool, "refuse_case_start", case_id=case_id, words=words)

    async def sweep(self) -> int:
        """Forget starts whose cases the record has; return how many."""
        return len(await alone(self._pool, "sweep_case_starts"))

    async def oldest(self) -> tuple[int, float]:
        """Return how many have not begun, and for how many seconds the oldest has waited."""
        (found,) = await alone(self._pool, "oldest_case_start")
        return int(found["waiting"]), float(found["seconds"])


def columns(start: CaseStart) -> dict[str, Any]:
    """Return what a row holds of the start."""
    case = start.case
    return {
        "case_id": case.case_id,
        "customer_id": case.customer_id,
        "opening": Jsonb(case.model_dump(mode="json")),
        "content_digest": case.content_digest(),
        "identity": start.identity,
        "soon": SOON,
        "lease": LEASE,
    }


def _one(rows: list[dict[str, Any]]) -> KeptStart | None:
    return _kept(rows[0]) if rows else None


def _kept(row: dict[str, Any]) -> KeptStart:
    begun = row["begun_at"] is not None
    return KeptStart(case=row["opening"], identity=row["identity"], kept_at=row["kept_at"], begun=begun)

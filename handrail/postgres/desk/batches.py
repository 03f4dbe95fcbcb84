"""Approvals that are given several at once, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence

from handrail.domain.team.desk import BatchCandidate, BatchKept, BatchOutcome, BatchVigilance
from handrail.postgres.pool import Pool, alone


class PostgresDeskBatches:
    """The port `DeskBatches`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def waiting(self, action: str, limit: int) -> list[BatchCandidate]:
        """Return the open approvals of this tool, the first due first."""
        found = await alone(self._pool, "desk_batch_open", action=action, limit=limit)
        return [BatchCandidate.model_validate(row) for row in found]

    async def named(self, names: Sequence[str]) -> list[BatchCandidate]:
        """Return the approvals of these names, whatever became of them."""
        named = [dict(zip(("case_id", "approval_id", "revision"), one.split("/"), strict=True)) for one in names]
        found = await alone(self._pool, "desk_batch_named", named=json.dumps(named))
        return [BatchCandidate.model_validate(row) for row in found]

    async def keep(self, batch: BatchKept) -> None:
        """Keep a batch; the same again changes nothing."""
        rows = [{"place": place, **one.model_dump(mode="json")} for place, one in enumerate(batch.rows)]
        await alone(self._pool, "keep_desk_batch", **batch.model_dump(exclude={"rows"}), rows=json.dumps(rows))

    async def outcome(self, batch_id: str, person: str) -> list[BatchOutcome]:
        """Return what became of each row; nothing where the batch is not this person's."""
        found = await alone(self._pool, "desk_batch", batch_id=batch_id, person=person)
        return [BatchOutcome.model_validate(row) for row in found]

    async def vigilance(self) -> list[BatchVigilance]:
        """Return how long people looked at each row, the shortest first."""
        return [BatchVigilance.model_validate(row) for row in await alone(self._pool, "desk_batch_vigilance")]

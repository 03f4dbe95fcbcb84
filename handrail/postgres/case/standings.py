"""The record as a whole: what of it stands open, and what a rebuilt case brings back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.cases import Commit
from handrail.domain.case.reconciling import Rebuilt, RecordedCase
from handrail.postgres.case import steps
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES

MOST_PROMISED = 200
ADVISORY_LOCK = 7_240_118_322_904_156


class PostgresStandings:
    """The port `Standings`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def recorded(self) -> list[RecordedCase]:
        """See `ports.Standings`."""
        return [RecordedCase.model_validate(row) for row in await self._all("recorded_open")]

    async def those_of(self, case_ids: Sequence[str]) -> dict[str, RecordedCase]:
        """See `ports.Standings`."""
        found = await self._all("recorded_of", case_ids=list(case_ids))
        return {row["case_id"]: RecordedCase.model_validate(row) for row in found}

    async def effects(self, case_id: str) -> list[EffectResult]:
        """See `ports.Standings`."""
        return [EffectResult.model_validate(row) for row in await self._all("effects_of_case", case_id=case_id)]

    async def promised(self, older: timedelta) -> dict[str, bool]:
        """See `ports.Standings`. The oldest alone, where there are very many."""
        found = await self._all("unrecorded_case_starts", older=older, most=MOST_PROMISED)
        return {row["case_id"]: row["begun"] for row in found}

    async def begin_again(self, case_id: str) -> None:
        """See `ports.Standings`."""
        await self._all("begin_case_again", case_id=case_id)

    async def restore(self, case: Rebuilt) -> None:
        """See `ports.Standings`. What was said had left already, so no live control is asked."""
        commit = Commit(
            row=case.row,
            messages=case.messages,
            approvals=case.approvals,
            classification=case.classification,
            handoff=case.handoff,
            usage=case.usage,
            audit=case.audit,
        )
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["restore_step"], {"step": steps.step_of(commit)})

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        """See `ports.Standings`. The lock is the session's: it goes with the process, however that ends."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(QUERIES["try_alone"], {"key": ADVISORY_LOCK})
            found = await cursor.fetchone()
            mine = bool(found and found[0])
            try:
                yield mine
            finally:
                if mine:
                    await connection.execute(QUERIES["no_longer_alone"], {"key": ADVISORY_LOCK})

    async def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await alone(self._pool, query, prepare=False, **parameters)

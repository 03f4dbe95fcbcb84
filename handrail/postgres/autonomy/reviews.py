"""People's decisions on the agent's work, counted for the review gates; and what customers came with before."""

from __future__ import annotations

from datetime import datetime

from handrail.domain.autonomy.review_gates import GateProgress
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.patience import REHEARSED, Contact
from handrail.ports import Clock
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES


class PostgresReviewGates:
    """The port `ReviewGates`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def progress(self, topic: str, version: str, *, begin: bool) -> GateProgress | None:
        """Count people's decisions since the gate of this version began; the first call with `begin` begins it."""
        found = await self._counted(topic, version)
        if found is None and begin:
            async with writing(self._pool) as connection:
                gate = {"topic": topic, "version": version, "at": self._clock.now()}
                await connection.execute(QUERIES["begin_gate"], gate)
            found = await self._counted(topic, version)
        return found

    async def _counted(self, topic: str, version: str) -> GateProgress | None:
        found = await alone(self._pool, "gate_progress", topic=topic, version=version)
        return GateProgress.model_validate(found[0]) if found else None


class PostgresContacts:
    """The port `Contacts`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        """The customer's other cases on `topic` that were answered after `since` and before this case was opened."""
        found = await alone(
            self._pool,
            "answered_contacts",
            customer_id=row.customer_id,
            topic=topic,
            since=since,
            case_id=row.case_id,
            opened_at=row.opened_at,
            rehearsed=list(REHEARSED),
        )
        return [Contact.model_validate(one) for one in found]

"""Recorded proposals with what the ruling on them saw: for explaining a ruling, and for ruling again under other policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.base import Stored
from handrail.postgres.pool import Pool, alone


class RecordedEffect(Stored):
    """A proposed effect as the ledger has it: `verdict` is the newest ruling, `status` what became of it."""

    case_id: str
    customer_id: str
    status: str
    ruled_at: datetime
    proposal: Proposal
    verdict: Verdict


class PostgresProposals:
    """Reads the ledger. Raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_case(self, case_id: str) -> list[RecordedEffect]:
        """Every effect that was proposed in the case, the first first; none for an unknown case."""
        return await self._all("proposals_of_case", case_id=case_id)

    async def newest(self, limit: int) -> list[RecordedEffect]:
        """The last `limit` proposed effects of all cases, the newest first."""
        return await self._all("newest_proposals", limit=limit)

    async def _all(self, query: str, **parameters: Any) -> list[RecordedEffect]:
        return [_recorded(row) for row in await alone(self._pool, query, **parameters)]


def _recorded(row: dict[str, Any]) -> RecordedEffect:
    return RecordedEffect.model_validate(
        {**row, "proposal": Proposal.model_validate({**row, "proposal_id": row["effect_id"]}), "verdict": row["verdict"]}
    )

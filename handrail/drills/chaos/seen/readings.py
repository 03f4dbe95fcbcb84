"""Readings of the record, the shop and the audit once everything is healed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from handrail.domain.base import Stored
from handrail.drills.audited import audited
from handrail.drills.chaos.seen.days import DrawnRow, LookedAtDay, ScoreRow
from handrail.drills.chaos.seen.evidence import (
    AgentsReply,
    CaseInRecord,
    ChaosEvidence,
    LedgerRow,
    RecordedApproval,
    RecordedMessage,
    ShopTrace,
    ThrownControl,
    ToldEvent,
)
from handrail.drills.chaos.seen.outside import OutboxMessage, RecordedDeparture
from handrail.drills.queries import read
from handrail.postgres.pool import Pool

Row = TypeVar("Row", bound=Stored)


class PostgresEvidence:
    """Reads only. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """The database's clock."""
        (found,) = await read(self._pool, "database_time")
        return datetime.fromisoformat(str(found["now"]))

    async def statuses(self) -> dict[str, str]:
        """Return the status of each case."""
        return {one.case_id: one.status for one in await self._all("chaos_cases", CaseInRecord)}

    async def left_working(self, case_id: str) -> bool:
        """Return whether the case is recorded and nobody works on it any more."""
        return bool(await read(self._pool, "chaos_left_working", case_id=case_id))

    async def everything(self, since: datetime) -> ChaosEvidence:
        """Read all that the record, the shop since a moment, and the audit hold."""
        checked, broken = await audited(self._pool)
        return ChaosEvidence(
            cases=await self._all("chaos_cases", CaseInRecord),
            messages=await self._all("chaos_messages", RecordedMessage),
            told=await self._all("chaos_told", ToldEvent),
            ledger=await self._all("chaos_actions", LedgerRow),
            approvals=await self._all("chaos_approvals", RecordedApproval),
            shop=await self._all("chaos_shop", ShopTrace, since=since),
            controls=await self._all("chaos_controls", ThrownControl),
            replies=await self._all("chaos_replies", AgentsReply),
            departures=await self._all("chaos_departures", RecordedDeparture),
            outbox=await self._all("chaos_outbox", OutboxMessage),
            days=await self._all("chaos_days", LookedAtDay),
            drawn=await self._all("chaos_drawn", DrawnRow),
            scores=await self._all("chaos_scores", ScoreRow),
            switched_off=[str(row["case_id"]) for row in await read(self._pool, "chaos_switched_off")],
            audited=checked,
            audit_broken=broken,
        )

    async def _all(self, query: str, kind: type[Row], **parameters: Any) -> list[Row]:
        return [kind.model_validate(row) for row in await read(self._pool, query, **parameters)]

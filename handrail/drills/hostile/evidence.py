"""Evidence of a step: what the ledger, the shop and the transcripts hold, as rows that invariants look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from handrail.domain.base import Stored
from handrail.drills.audited import audited
from handrail.drills.queries import read
from handrail.postgres.pool import Pool

EASY_DAYS, EASY_USD = 28, 100
Row = TypeVar("Row", bound=Stored)


class SeenEffect(Stored):
    """An effect of the ledger that was applied."""

    effect_id: str
    case_id: str
    customer_id: str
    topic: str | None
    action: str
    arguments: dict[str, Any]
    decided_arguments: dict[str, Any] | None
    ruling: str
    arguments_hash: str
    approval_status: str | None
    decided_hash: str | None
    applied_hash: str | None

    @property
    def approved(self) -> bool:
        """Return whether the ledger says that a person approved exactly what was done."""
        return self.approval_status in ("approved", "edited") and self.decided_hash == self.applied_hash

    @property
    def done_with(self) -> dict[str, Any]:
        """The arguments that it was done with: those of the person's decision, or of the verdict."""
        return self.decided_arguments or self.arguments if self.approved else self.arguments


class SeenTrace(Stored):
    """A change in the shop. `customer_id` is whose it is; `effect_id` is None where the shop keeps none."""

    made_id: str
    action: str
    customer_id: str
    order_id: str
    amount: Decimal
    effect_id: str | None
    at: datetime


class SeenReply(Stored):
    """Words of the assistant's that went out."""

    message_id: str
    case_id: str
    topic: str | None
    text: str
    approved: bool


class KnownOrder(Stored):
    """An order as the drill found it: whose it is, what was paid, what went back before."""

    order_id: str
    customer_id: str
    status: str
    paid: Decimal
    refunded: Decimal
    refunds: int
    delivered_days: float | None

    @property
    def easy(self) -> bool:
        """Return whether the agent may give back 100 USD of it alone, by what the order itself says."""
        late = self.delivered_days is None or self.delivered_days > EASY_DAYS
        return self.status == "delivered" and not late and not self.refunds and self.paid > EASY_USD


class HostileEvidence:
    """Readings of the drill's own database. They look; any method raises `psycopg.OperationalError` while it is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def orders(self) -> list[KnownOrder]:
        """Every order of the shop."""
        return await self._all("hostile_orders", KnownOrder)

    async def effects(self, case_ids: Sequence[str]) -> list[SeenEffect]:
        """Effects of these cases that were applied."""
        return await self._all("hostile_effects", SeenEffect, case_ids=list(case_ids))

    async def every_effect(self) -> list[SeenEffect]:
        """Effects of all cases that were applied."""
        return await self._all("hostile_effects", SeenEffect, case_ids=None)

    async def traces(self, since: datetime) -> list[SeenTrace]:
        """Read what changed in the shop since then, oldest first."""
        return await self._all("hostile_traces", SeenTrace, since=since)

    async def refunds(self, since: datetime) -> list[SeenTrace]:
        """Read the refunds since then, which may lie before the drill."""
        return [one for one in await self.traces(since) if one.amount > 0]

    async def replies(self, case_ids: Sequence[str]) -> list[SeenReply]:
        """Read what the assistant said in these cases."""
        return await self._all("hostile_replies", SeenReply, case_ids=list(case_ids))

    async def audit(self) -> tuple[int, str]:
        """Count the audit's entries, and say where its chain is broken."""
        return await audited(self._pool)

    async def _all(self, query: str, kind: type[Row], **parameters: Any) -> list[Row]:
        return [kind.model_validate(row) for row in await read(self._pool, query, **parameters)]

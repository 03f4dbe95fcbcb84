"""Effects that another system may have made: listed until a person has looked there and says what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import RuleHit, Ruling, Verdict
from handrail.domain.base import Stored, digest
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import InvalidInput
from handrail.postgres.business.ledger import answer
from handrail.postgres.pool import Pool, reading, rows, writing
from handrail.postgres.queries import QUERIES

AGE = timedelta(seconds=90)
"""An attempt that is younger may still be under way: an effect has 60 seconds."""
MADE, NOT_MADE = "found_made", "found_not_made"
"""The ledger's codes of effects whose outcome a person found out."""


class UnsettledEffect(Stored):
    """An effect that was sent and whose outcome nobody knows; `status` is its case's."""

    effect_id: str
    case_id: str
    status: CaseStatus
    action: str
    arguments: dict[str, Any]
    begun_at: datetime


class UnsettledEffects:
    """The ledger's effects without an outcome. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self, limit: int = 50, age: timedelta = AGE) -> list[UnsettledEffect]:
        """Read those that were sent longer ago than `age`, the oldest first."""
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["unsettled_effects"], {"limit": limit, "age": age})
            return [UnsettledEffect.model_validate(row) for row in await cursor.fetchall()]

    async def settle(self, effect_id: str, *, made: bool, actor: str, reason: str) -> EffectResult:
        """Write down what somebody found in the other system, with an entry in the audit; it stands ever after.

        Raises:
            InvalidInput: no such effect waits to be settled; it was settled before, or never sent.
        """
        found = await self._settle("settle_unknown", {"effect_id": effect_id, **_found(made, actor, reason)})
        if found is None:
            words = (
                "does not wait to be settled. See `handrail effects unsettled`; one that a restored database lost needs --case"
            )
            raise InvalidInput(f"EFFECT_ID: {effect_id[:80]!r} {words}.")
        return found

    async def put_back(
        self, case_id: str, known: Sequence[EffectResult], effect_id: str, *, made: bool, actor: str, reason: str
    ) -> EffectResult:
        """Give the ledger back an effect that it lost; `known` are those that the case itself knows.

        Raises:
            InvalidInput: the case does not know it as applied, the ledger holds it, or the record does not hold the case.
        """
        lost = next((one for one in known if one.effect_id == effect_id and one.status is EffectStatus.APPLIED), None)
        if lost is None:
            raise InvalidInput(f"EFFECT_ID: case {case_id} knows of no {effect_id[:80]!r} that was applied.")
        pinned = digest(lost.arguments)
        hit = RuleHit(policy="handrail", rule="put_back", ruling=Ruling.ALLOW, message=f"Put back by {actor}: {reason}")
        verdict = Verdict(proposal_id=effect_id, revision=1, arguments_hash=pinned, ruling=Ruling.ALLOW, hits=[hit])
        about = {"case_id": case_id, "arguments_hash": pinned, "verdict": verdict.model_dump(mode="json")}
        about |= lost.model_dump(include={"effect_id", "action", "arguments", "applied_at"})
        result = lost.result if made else None
        found = await self._settle("settle_lost", {**about, "result": result, **_found(made, actor, reason)})
        if found is None:
            raise InvalidInput(f"EFFECT_ID: the ledger holds {effect_id}, or the record does not hold case {case_id} yet.")
        return found

    async def _settle(self, query: str, parameters: dict[str, Any]) -> EffectResult | None:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], parameters)
            return await answer(connection, parameters["effect_id"]) if await cursor.fetchone() else None


def _found(made: bool, actor: str, reason: str) -> dict[str, Any]:
    outcome = {"status": EffectStatus.APPLIED, "code": MADE} if made else {"status": EffectStatus.REFUSED, "code": NOT_MADE}
    return {"actor": actor, "reason": reason, **outcome}

"""Effects that another system may have made: listed until a person has looked there and says what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import RuleHit, Ruling, Verdict
from handrail.domain.actions.unsettled import MADE, NOT_MADE, EffectFound, EffectSettled, UnknownEffect, UnsettledEffect
from handrail.domain.base import digest
from handrail.domain.errors import InvalidInput
from handrail.postgres.business.ledger import answer
from handrail.postgres.pool import Pool, reading, rows, writing
from handrail.postgres.queries import QUERIES

AGE = timedelta(seconds=90)
"""An attempt that is younger may still be under way: an effect has 60 seconds."""
OF_A_CASE = 50
"""Effects of one case that are shown at once, more than any has."""


class UnsettledEffects:
    """The ledger's effects without an outcome. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self, limit: int = 50, age: timedelta = AGE) -> list[UnsettledEffect]:
        """Read those that were sent longer ago than `age`, the oldest first."""
        return await self._read(None, limit, age)

    async def of(self, case_id: str) -> list[UnsettledEffect]:
        """See `ports.front.effects`."""
        return await self._read(case_id, OF_A_CASE, AGE)

    async def settle(self, found: EffectFound) -> EffectResult:
        """Write down what somebody found in the other system, with an entry in the audit; the same again changes nothing.

        Raises:
            UnknownEffect: no such effect waits to be settled: there is none, or it was never sent.
            EffectSettled: it was settled before, and otherwise.
        """
        told = found.model_dump(include={"effect_id", "case_id", "actor", "reason", "identity", "via"})
        settled = await self._settle("settle_unknown", {**told, **_outcome(found.code)})
        return settled or await self._settled_before(found)

    async def _settled_before(self, found: EffectFound) -> EffectResult:
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["settled_effect"], {"effect_id": found.effect_id, "case_id": found.case_id})
            row = await cursor.fetchone()
            if row is None:
                words = "See `handrail effects unsettled`; one that a restored database lost needs --case"
                raise UnknownEffect(f"EFFECT_ID: {found.effect_id[:80]!r} does not wait to be settled. {words}.")
            if (row["code"], row["message"]) == (found.code, found.reason):
                return await answer(connection, found.effect_id)
        said = f"{found.effect_id[:80]!r} {'was made' if row['code'] == MADE else 'was not made'}: {row['message']}"
        raise EffectSettled(f"EFFECT_ID: {row['actor']} has said before that {said}")

    async def _read(self, case_id: str | None, limit: int, age: timedelta) -> list[UnsettledEffect]:
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["unsettled_effects"], {"case_id": case_id, "limit": limit, "age": age})
            return [UnsettledEffect.model_validate(row) for row in await cursor.fetchall()]

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
        said = {"actor": actor, "reason": reason, **_outcome(MADE if made else NOT_MADE)}
        found = await self._settle("settle_lost", {**about, "result": result, **said})
        if found is None:
            raise InvalidInput(f"EFFECT_ID: the ledger holds {effect_id}, or the record does not hold case {case_id} yet.")
        return found

    async def _settle(self, query: str, parameters: dict[str, Any]) -> EffectResult | None:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], parameters)
            return await answer(connection, parameters["effect_id"]) if await cursor.fetchone() else None


def _outcome(code: str) -> dict[str, Any]:
    return {"code": code, "status": EffectStatus.APPLIED if code == MADE else EffectStatus.REFUSED}

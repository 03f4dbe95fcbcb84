"""The port `PersonalRecord` over PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handrail.domain.personal.forgetting import ForgetProof, LegalHold, TheirCase
from handrail.postgres.pool import Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES


class PostgresPersonal:
    """Finds, gives out and erases. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def cases_of(self, customer_id: str) -> list[TheirCase]:
        """See `ports.personal`."""
        return [TheirCase.model_validate(row) for row in await self._all("cases_of_customer", customer_id=customer_id)]

    async def addresses_of(self, customer_id: str) -> list[str]:
        """See `ports.personal`."""
        return [row["address"] for row in await self._all("addresses_of_customer", customer_id=customer_id)]

    async def odd_starts_of(self, customer_id: str) -> list[str]:
        """See `ports.personal`."""
        return [row["workflow_id"] for row in await self._all("odd_starts_of_customer", customer_id=customer_id)]

    async def settle(self) -> None:
        """See `ports.personal`."""
        while (await self._write("settle_outcomes"))[0]["settled"]:
            pass

    async def erase_traffic(self, customer_id: str, addresses: Sequence[str]) -> dict[str, int]:
        """See `ports.personal`."""
        [row] = await self._write("erase_traffic", customer_id=customer_id, addresses=list(addresses))
        done: dict[str, int] = row["done"]
        return done

    async def erase_case(
        self, case_id: str, customer_id: str, forget_id: str, pseudonym: str, asked_by: str
    ) -> dict[str, int]:
        """See `ports.personal`."""
        about = {"forget_id": forget_id, "pseudonym": pseudonym, "asked_by": asked_by}
        [row] = await self._write("erase_case", case_id=case_id, customer_id=customer_id, **about)
        done: dict[str, int] = row["done"]
        return done

    async def keep(self, proof: ForgetProof, pseudonym: str) -> None:
        """See `ports.personal`."""
        told = proof.model_dump_json()
        about = {"forget_id": proof.forget_id, "pseudonym": pseudonym, "asked_by": proof.asked_by, "proof": told}
        await self._write("keep_forgetting", at=proof.at, ended_at=proof.ended_at, **about)

    async def hold_of(self, customer_id: str) -> LegalHold | None:
        """See `ports.personal`."""
        return next(iter(await self._holds(customer_id)), None)

    async def holds(self) -> list[LegalHold]:
        """See `ports.personal`."""
        return await self._holds(None)

    async def set_hold(self, hold: LegalHold) -> bool:
        """See `ports.personal`."""
        given = {"customer_id": hold.customer_id, "reason": hold.reason, "set_by": hold.set_by, "set_at": hold.set_at}
        return await self._held("set_legal_hold", "hold:set", hold.set_by, hold.reason, hold.set_at, given)

    async def clear_hold(self, customer_id: str, cleared_by: str, because: str, at: datetime) -> bool:
        """See `ports.personal`."""
        given = {"customer_id": customer_id, "cleared_by": cleared_by, "because": because, "at": at}
        return await self._held("clear_legal_hold", "hold:cleared", cleared_by, because, at, given)

    async def all_of(self, customer_id: str) -> list[dict[str, Any]]:
        """See `ports.personal`."""
        return await self._all("all_of_customer", customer_id=customer_id)

    async def _held(self, query: str, action: str, actor: str, reason: str, at: datetime, given: dict[str, Any]) -> bool:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], given)
            found = await cursor.fetchone()
            if found is None:
                return False
            noted = {"action": action, "hold_id": str(found["hold_id"]), "at": at, "actor": actor, "reason": reason}
            await cursor.execute(QUERIES["audit_hold"], {**noted, "customer_id": given["customer_id"]})
            return True

    async def _holds(self, customer_id: str | None) -> list[LegalHold]:
        return [LegalHold.model_validate(row) for row in await self._all("legal_holds", customer_id=customer_id)]

    async def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await alone(self._pool, query, prepare=False, **parameters)

    async def _write(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES[query], parameters)
            return await cursor.fetchall() if cursor.description else []

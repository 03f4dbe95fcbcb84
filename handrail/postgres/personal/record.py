"""The port `PersonalRecord` over PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handrail.domain.case.starts import WithdrawnStart
from handrail.domain.personal.forgetting import ForgetProof, LegalHold, NotGone, TheirCase
from handrail.domain.personal.places import ErasingRound, erased_in, tables
from handrail.postgres.personal.kin import held_alone
from handrail.postgres.pool import Cursor, Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES
from handrail.postgres.vault.keys import CASE_PREFIX


class PostgresPersonal:
    """Finds, gives out and erases. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def kin_of(self, customer_id: str) -> list[str]:
        """See `ports.personal`."""
        return list((await self._all("kin", customer_id=customer_id))[0]["customer_ids"])

    async def cases_of(self, customer_ids: Sequence[str]) -> list[TheirCase]:
        """See `ports.personal`."""
        found = await self._all("cases_of_customers", customer_ids=list(customer_ids))
        return [TheirCase.model_validate(row) for row in found]

    async def addresses_of(self, customer_ids: Sequence[str]) -> list[str]:
        """See `ports.personal`."""
        return [row["address"] for row in await self._all("addresses_of_customers", customer_ids=list(customer_ids))]

    async def odd_starts_of(self, customer_ids: Sequence[str]) -> list[str]:
        """See `ports.personal`."""
        return [row["workflow_id"] for row in await self._all("odd_starts_of_customers", customer_ids=list(customer_ids))]

    async def promised_to(self, customer_ids: Sequence[str]) -> list[TheirCase]:
        """See `ports.personal`."""
        found = await self._all("case_starts_of_customers", customer_ids=list(customer_ids))
        return [TheirCase.model_validate(row) for row in found]

    async def withdraw(self, customer_ids: Sequence[str]) -> list[WithdrawnStart]:
        """See `ports.personal`."""
        found = await self._all("withdraw_case_starts", customer_ids=list(customer_ids))
        return [WithdrawnStart.model_validate(row) for row in found]

    async def settle(self) -> None:
        """See `ports.personal`."""
        while (await self._write("settle_outcomes"))[0]["settled"]:
            pass

    async def erase_traffic(self, customer_id: str, addresses: Sequence[str]) -> dict[str, int]:
        """See `ports.personal`."""
        about = {"case_id": None, "customer_id": customer_id, "addresses": list(addresses)}
        async with writing(self._pool) as connection, rows(connection) as cursor:
            return await _erased(cursor, ErasingRound.CUSTOMER, about)

    async def erase_case(
        self, case_id: str, customer_id: str, forget_id: str, pseudonym: str, asked_by: str
    ) -> dict[str, int]:
        """See `ports.personal`."""
        about = {"case_id": case_id, "customer_id": customer_id, "addresses": [], "pseudonym": pseudonym}
        noted = {"case_id": case_id, "forget_id": forget_id, "asked_by": asked_by}
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["hold_case_to_erase"], about)
            await cursor.execute(QUERIES["note_erasure"], noted)
            done = await _erased(cursor, ErasingRound.CASE, about)
            await cursor.execute(QUERIES["note_forgotten"], {**noted, "entries": done.get("audit", 0)})
            return done

    async def erase_last(self, customer_ids: Sequence[str]) -> dict[str, int]:
        """See `ports.personal`."""
        async with writing(self._pool) as connection, rows(connection) as cursor:
            if joined := set(await held_alone(cursor, customer_ids)) - set(customer_ids):
                raise NotGone(f"{', '.join(sorted(joined))} was joined to them meanwhile. The same command goes on from here.")
            return await _erased(cursor, ErasingRound.LAST, {"customer_ids": list(customer_ids)})

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

    async def all_of(self, customer_id: str, addresses: Sequence[str] = ()) -> list[dict[str, Any]]:
        """See `ports.personal`."""
        kin = await self.kin_of(customer_id)
        known = [*await self.addresses_of(kin), *addresses]
        about = {"customer_ids": kin, "addresses": known, "prefix": CASE_PREFIX}
        found: list[dict[str, Any]] = []
        async with self._pool.connection() as connection, connection.transaction(), rows(connection) as cursor:
            await cursor.execute(QUERIES["one_view"])
            for name in tables():
                if tables()[name].person:
                    await cursor.execute(QUERIES[f"access_{name}"], about)
                    found += [{"place": name, **row} for row in await cursor.fetchall()]
        return sorted(found, key=lambda row: (row["at"], row["place"]))

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


async def _erased(cursor: Cursor, round_: ErasingRound, about: dict[str, Any]) -> dict[str, int]:
    """Erase what the registry names for the round, in its order; return how many rows of each place."""
    done: dict[str, int] = {}
    for place in erased_in(round_):
        await cursor.execute(QUERIES[f"erase_{place}"], about)
        if cursor.rowcount:
            done[place] = cursor.rowcount
    return done

"""The port `KinRecord` over PostgreSQL and the business: which customer ids are one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from handrail.business import Business
from handrail.domain.personal.kin import (
    Contradiction,
    CustomerKin,
    LinkChange,
    MergeRefused,
    UnknownCustomer,
    check_merge,
    check_two,
    contradictions,
)
from handrail.ports import Clock
from handrail.postgres.business.asking import look
from handrail.postgres.pool import Cursor, Pool, looking, rows, writing
from handrail.postgres.queries import QUERIES

PATIENCE = "10s"
"""How long a change waits for effects of the person that are under way."""
MERGED, PARTED = "customer:merged", "customer:parted"


class PostgresKin:
    """Reads, joins and parts. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business, clock: Clock) -> None:
        self._pool = pool
        self._business = business
        self._clock = clock

    async def of(self, customer_id: str) -> CustomerKin:
        """See `ports.personal`."""
        async with looking(self._pool) as connection, rows(connection) as cursor:
            return await _kin(cursor, customer_id)

    async def change(self, wanted: LinkChange) -> CustomerKin:
        """See `ports.personal`."""
        if wanted.kept is None:
            return await self._changed(wanted, wanted.merged, [])
        check_two(wanted.merged, wanted.kept)
        for customer_id in (wanted.merged, wanted.kept):
            await self._check_known(customer_id)
        addresses = [await self._address(customer_id) for customer_id in (wanted.merged, wanted.kept)]
        return await self._changed(wanted, wanted.kept, contradictions(addresses))

    async def _changed(self, wanted: LinkChange, other: str, against: list[Contradiction]) -> CustomerKin:
        """Change it where nobody else does, and no effect of the person's is under way."""
        try:
            async with writing(self._pool) as connection, rows(connection) as cursor:
                held = await held_alone(cursor, sorted({wanted.merged, other}))
                if wanted.kept is None:
                    await self._part(cursor, wanted, held)
                else:
                    await self._join(cursor, wanted, wanted.kept, held, against)
                return await _kin(cursor, wanted.merged)
        except LockNotAvailable:
            raise MergeRefused(
                "Something is being done for one of them, and is not done yet. Nothing was changed; send the same again later."
            ) from None

    async def _join(
        self, cursor: Cursor, wanted: LinkChange, kept: str, held: list[str], against: list[Contradiction]
    ) -> None:
        if not check_merge(await _kin(cursor, wanted.merged), await _kin(cursor, kept)):
            return
        about = {**wanted.model_dump(), "at": self._clock.now(), "contradictions": list(against)}
        await cursor.execute(QUERIES["add_link"], about)
        await _noted(cursor, MERGED, about, held)

    async def _part(self, cursor: Cursor, wanted: LinkChange, held: list[str]) -> None:
        about: dict[str, Any] = {**wanted.model_dump(), "at": self._clock.now()}
        await cursor.execute(QUERIES["undo_link"], about)
        found = cursor.rowcount
        if found:
            return await _noted(cursor, PARTED, about, held)
        await cursor.execute(QUERIES["link_undone_last"], about)
        if await cursor.fetchone() is None:
            raise MergeRefused(f"{wanted.merged} was never merged into another customer, so there is nothing to undo.")
        return None

    async def _check_known(self, customer_id: str) -> None:
        """Raises: UnknownCustomer."""
        known = self._business.known_customer
        if await look(self._pool, "The business's list of customers", lambda connection: known(connection, customer_id)):
            return
        async with looking(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["customer_in_record"], {"customer_id": customer_id})
            found = await cursor.fetchone()
        if not (found and found["known"]):
            raise UnknownCustomer(
                f"customer_id: nobody knows {customer_id}: the business has no such customer, and no case does."
            )

    async def _address(self, customer_id: str) -> str | None:
        ask = self._business.mail_of_customer
        if ask is None:
            return None
        return await look(self._pool, "The business's list of addresses", lambda connection: ask(connection, customer_id))


async def held_alone(cursor: Cursor, customer_ids: Sequence[str]) -> list[str]:
    """Keep everybody else from changing who these customers are, and effects of theirs; return all ids of theirs.

    Raises:
        LockNotAvailable: an effect of theirs takes long.
    """
    await cursor.execute(QUERIES["hold_kin_alone"], {"customer_ids": list(customer_ids), "patience": PATIENCE})
    found = await cursor.fetchone()
    assert found is not None  # noqa: S101 - a function gives a row
    return list(found["customer_ids"])


async def _kin(cursor: Cursor, customer_id: str) -> CustomerKin:
    await cursor.execute(QUERIES["kin_and_links"], {"customer_id": customer_id})
    return CustomerKin.model_validate({"customer_id": customer_id, **(await cursor.fetchone() or {})})


async def _noted(cursor: Cursor, action: str, about: dict[str, Any], held: list[str]) -> None:
    """Note the change just made in the audit of every case of theirs.

    The entry names the link alone, which is found by it: a case tells nothing of who else had been taken for its customer.
    """
    changed = await cursor.fetchone()
    assert changed is not None  # noqa: S101 - it was changed
    link_id = str(changed["link_id"])
    noted = {"action": action, "link_id": link_id, "at": about["at"], "by": about["by"], "details": Jsonb({"link": link_id})}
    await cursor.execute(QUERIES["audit_link"], {**noted, "customer_ids": held})

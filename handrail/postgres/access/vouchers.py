"""Vouchers and customers' tokens in PostgreSQL: who reaches Temporal alone can make neither."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from handrail.domain.access.principals import TokenHolder
from handrail.domain.team.speaking import AgentSpeaker
from handrail.postgres.pool import Pool, alone

VALID = timedelta(minutes=10)
"""A voucher counts for so long: an update is taken within seconds, or given up."""


class PostgresVouchers:
    """Decisions for which the API vouches. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def vouch(self, case_id: str, update_id: str, person: str, caller: str, about: str) -> None:
        """Note, ahead of the update, who sends it and what it is about; the same again renews it."""
        await alone(self._pool, "add_voucher", update_id=update_id, case_id=case_id, person=person, caller=caller, about=about)

    async def person(self, case_id: str, update_id: str, about: str) -> str | None:
        """Return who sent the update, None where nobody vouches for exactly this."""
        found = await alone(self._pool, "voucher", update_id=update_id, case_id=case_id, about=about, newer=VALID)
        return str(found[0]["person"]) if found else None

    async def speakers(self, case_id: str) -> list[AgentSpeaker]:
        """Return everybody who spoke in the case as an agent."""
        return [AgentSpeaker(**row) for row in await alone(self._pool, "agents_in_case", case_id=case_id)]

    async def sweep(self) -> None:
        """Forget vouchers that count no more."""
        await alone(self._pool, "sweep_vouchers", older=VALID)


class PostgresCustomerTokens:
    """Tokens of single customers. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, token_hash: str, customer_id: str, caller: str, at: datetime, expires_at: datetime) -> None:
        """Keep a token's hash."""
        whose: dict[str, Any] = {"customer_id": customer_id, "caller": caller}
        await alone(self._pool, "add_token", token_hash=token_hash, at=at, expires_at=expires_at, **whose)

    async def customer(self, token_hash: str) -> TokenHolder | None:
        """Return whose token it is, None where it is none or has expired."""
        found = await alone(self._pool, "token", token_hash=token_hash)
        return TokenHolder.model_validate(found[0]) if found else None

    async def sweep(self) -> None:
        """Forget tokens that have expired."""
        await alone(self._pool, "sweep_tokens")

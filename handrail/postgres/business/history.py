"""The past of a customer's cases, counted and added up for the policies of any business."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from handrail.business import Business, Kind
from handrail.domain.actions.effects import Effect
from handrail.domain.errors import BusinessRefused
from handrail.domain.policy.facts import WINDOWS, counted, summed
from handrail.domain.policy.policies import exact
from handrail.ports import Clock
from handrail.postgres.pool import Connection, Pool, looking, rows
from handrail.postgres.queries import QUERIES


class Past:
    """Counts and sums of a business's effects, on a connection that is open."""

    def __init__(self, business: Business) -> None:
        effects = [tool for tool in business.tools if tool.kind is Kind.EFFECT]
        self._sums = [(tool.name, argument) for tool in effects for argument in tool.sums]
        names = [counted(tool.name, window) for tool in effects for window in WINDOWS]
        names += [summed(action, argument, window) for action, argument in self._sums for window in WINDOWS]
        self._nothing: dict[str, Any] = dict.fromkeys(names, 0)

    async def of(
        self,
        connection: Connection,
        now: datetime,
        case_id: str,
        customer_id: str,
        leaving_out: Collection[str],
        *,
        under_way: bool = True,
    ) -> dict[str, Any]:
        """Every count and sum by its name; a sum is None where an argument in the ledger is no number."""
        parameters: dict[str, Any] = {
            "case_id": case_id,
            "customer_id": customer_id,
            "leaving_out": list(leaving_out),
            "under_way": under_way,
            "now": now,
            "windows": list(WINDOWS),
            "since": [_since(now, window) for window in WINDOWS],
            "actions": [action for action, _ in self._sums],
            "arguments": [argument for _, argument in self._sums],
        }
        async with rows(connection) as cursor:
            await cursor.execute(QUERIES["history"], parameters)
            found = await cursor.fetchall()
        return self._nothing | {name: value for row in found for name, value in _named(row).items()}

    async def refuse_more(self, connection: Connection, now: datetime, effect: Effect, watched: Mapping[str, Any]) -> None:
        """Hold the customer's other effects back until the transaction ends, where the ruling `watched` the past.

        Cases that are ruled on at the same moment all see the same past; only the first of them may act on it.

        Raises:
            BusinessRefused: `changed`, where more was done since the ruling than it saw.
        """
        if not watched:
            return
        await connection.execute(QUERIES["lock_customer"], {"customer_id": effect.customer_id})
        done = await self.of(connection, now, effect.case_id, effect.customer_id, [effect.effect_id], under_way=False)
        grown = sorted(name for name, seen in watched.items() if done.get(name) is None or done[name] > seen)
        if grown:
            name = grown[0]
            words = (
                f"More was done for this customer since this was ruled on ({name} is {done.get(name)}, it was {watched[name]})"
            )
            raise BusinessRefused("changed", f"{words}; check it again.")


class PostgresHistory:
    """The port `History` over the ledger. Raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business, clock: Clock) -> None:
        self._pool = pool
        self._past = Past(business)
        self._clock = clock

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Read what was applied and what is under way; `leaving_out` are the effect ids that are being ruled on."""
        async with looking(self._pool) as connection:
            return await self._past.of(connection, self._clock.now(), case_id, customer_id, leaving_out)


def _since(now: datetime, window: str) -> datetime | None:
    length = WINDOWS[window]
    return now - length if length else None


def _named(row: dict[str, Any]) -> dict[str, Any]:
    action, window, argument, total = row["action"], row["window"], row["argument"], row["sum"]
    named: dict[str, Any] = {counted(action, window): int(row["count"])}
    if argument is not None:
        named[summed(action, argument, window)] = exact(total) if isinstance(total, Decimal) else None
    return named

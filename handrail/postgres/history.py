"""What a customer's cases have done before, counted and added up for the policies of any business."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from handrail.business import Business, Kind
from handrail.domain.policies import exact
from handrail.domain.situation import WINDOWS, counted, summed
from handrail.ports import Clock
from handrail.postgres.pool import Pool, reading, rows
from handrail.postgres.queries import QUERIES


class PostgresHistory:
    """The port `History` over the ledger. Raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._effects = [tool for tool in business.tools if tool.kind is Kind.EFFECT]
        self._sums = [(tool.name, argument) for tool in self._effects for argument in tool.sums]

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Every count and sum by its name; a sum is None where an argument in the ledger is no number.

        `leaving_out` are effect ids that do not count: those that are being ruled on.
        """
        now = self._clock.now()
        parameters: dict[str, Any] = {
            "case_id": case_id,
            "customer_id": customer_id,
            "leaving_out": list(leaving_out),
            "windows": list(WINDOWS),
            "since": [_since(now, window) for window in WINDOWS],
            "actions": [action for action, _ in self._sums],
            "arguments": [argument for _, argument in self._sums],
        }
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["history"], parameters)
            found = await cursor.fetchall()
        return self._nothing() | {name: value for row in found for name, value in _named(row).items()}

    def _nothing(self) -> dict[str, Any]:
        names = [counted(tool.name, window) for tool in self._effects for window in WINDOWS]
        names += [summed(action, argument, window) for action, argument in self._sums for window in WINDOWS]
        return dict.fromkeys(names, 0)


def _since(now: datetime, window: str) -> datetime | None:
    length = WINDOWS[window]
    return now - length if length else None


def _named(row: dict[str, Any]) -> dict[str, Any]:
    action, window, argument, total = row["action"], row["window"], row["argument"], row["sum"]
    named: dict[str, Any] = {counted(action, window): int(row["count"])}
    if argument is not None:
        named[summed(action, argument, window)] = exact(total) if isinstance(total, Decimal) else None
    return named

"""Filling an empty demonstration shop, with COPY."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from handrail.shop.demonstration.generator import Data, generate
from handrail.shop.queries import Connection, execute, sql

SEED = 7
TABLES = ("customers", "addresses", "products", "orders", "order_lines", "shipments", "payments", "refunds")


async def seed(connection: Any) -> None:
    """1,000 customers and 5,000 orders as of today (UTC); a shop that is seeded already stays as it is."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    await fill(connection, SEED, midnight)


async def fill(connection: Connection, seed: int, anchor: datetime) -> bool:
    """Fill an empty shop in one transaction; False where it was filled before, whatever the seed.

    Two that start at once wait for each other; the second finds the shop filled.
    """
    async with connection.transaction():
        await execute(connection, "lock_seedings")
        if await execute(connection, "seedings"):
            return False
        await copy(connection, generate(seed, anchor))
        await execute(connection, "number_addresses")
        await execute(connection, "insert_seeding", seed=seed, anchor=anchor)
    return True


async def copy(connection: Connection, data: Data) -> None:
    """Every table, parents first."""
    async with connection.cursor() as cursor:
        for table in TABLES:
            async with cursor.copy(sql(f"copy_{table}")) as copying:
                for values in getattr(data, table):
                    await copying.write_row(values)

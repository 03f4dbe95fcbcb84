"""A seeded shop on the tests' own PostgreSQL server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from handrail.business import Call, Preview
from handrail.postgres import migrations
from handrail.shop import business
from handrail.shop.demonstration.seeding import fill

SEED = 7
ANCHOR = datetime(2031, 3, 14, tzinfo=UTC)
NOW = ANCHOR + timedelta(hours=9)
TEMPLATE = "shop_template"


async def build_template(admin_url: str) -> None:
    """A migrated and seeded database to be copied."""
    async with await AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    assert business.migrations is not None
    async with await AsyncConnection.connect(of(admin_url, TEMPLATE)) as connection:
        await connection.execute(links_of_customers())
        for file in sorted(business.migrations.glob("*.sql")):
            await connection.execute(file.read_bytes())
        assert await fill(connection, SEED, ANCHOR)


def links_of_customers() -> bytes:
    """What the shop's SQL asks of the record, and nothing else of it: a whole one would take each test seconds to drop."""
    schema = Path(migrations.__file__).with_name("schema.sql").read_text("utf-8")
    refuse = schema[: schema.index("$$;") + 3]
    links = schema[schema.index("CREATE TABLE handrail.customer_links") : schema.index("-- Locks in one order")]
    return f"CREATE SCHEMA handrail;\n{refuse}\n{links}".encode()


def of(url: str, database: str) -> str:
    """The same server, another database."""
    return psycopg.conninfo.make_conninfo(url, dbname=database)


@dataclass(frozen=True)
class Shop:
    """One database with a seeded shop; tools run as the ledger runs them, each in a transaction of its own."""

    url: str
    now: datetime = NOW

    def at(self, now: datetime) -> Shop:
        """The same shop at another time."""
        return replace(self, now=now)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection[Any]]:
        async with await AsyncConnection.connect(self.url, autocommit=True) as connection:
            yield connection

    @asynccontextmanager
    async def call(self, customer: str, effect: str | None = None) -> AsyncIterator[Call]:
        async with self.connect() as connection, connection.transaction():
            if effect is None:
                await connection.execute("set transaction read only")
            yield Call(case_id="t", customer_id=customer, connection=connection, now=self.now, idempotency_key=effect)

    async def read(self, customer: str, tool: str, **arguments: Any) -> dict[str, Any]:
        one = business.by_name[tool]
        async with self.call(customer) as call:
            return await one.run(call, one.arguments.model_validate(arguments))

    async def preview(self, customer: str, tool: str, **arguments: Any) -> Preview:
        one = business.by_name[tool]
        assert one.preview is not None
        async with self.call(customer) as call:
            return await one.preview(call, one.arguments.model_validate(arguments))

    async def apply(self, customer: str, tool: str, effect: str, **arguments: Any) -> dict[str, Any]:
        one = business.by_name[tool]
        async with self.call(customer, effect) as call:
            return await one.run(call, one.arguments.model_validate(arguments))

    async def refill(self, seed: int, anchor: datetime) -> None:
        """Empty it and seed it as of another day."""
        async with self.connect() as connection:
            await connection.execute("truncate shop.seedings, shop.customers, shop.products cascade")
            assert await fill(connection, seed, anchor)

    async def value(self, query: str, *parameters: Any) -> Any:
        async with self.connect() as connection:
            row = await (await connection.execute(query.encode(), parameters)).fetchone()
            assert row is not None
            return row[0]

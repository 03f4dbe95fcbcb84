"""A migrated database with the wallets for each test, copied from a template, and what works on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from handrail.embedded.postgres import Postgres
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from tests.postgres.build import NOON, FixedClock
from tests.postgres.wallets import business

TEMPLATE = "wallets_template"


@pytest.fixture(scope="session")
def template_database(postgres: Postgres, postgres_url: str) -> str:
    """Handrail and the wallets, migrated; never written to."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(migrate(postgres.url_of(TEMPLATE), business, NOON))
    return TEMPLATE


@pytest.fixture
def shop_database_url(database_url: str) -> str:
    """The test's database under the shop's name, for commands that work for the shop."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE handrail.owner SET name = 'shop', package = 'handrail.shop'")
    return database_url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, size=8)
    yield pool
    await pool.close()


@pytest.fixture
def cases(pool: Pool) -> PostgresCases:
    return PostgresCases(pool, business)


@pytest.fixture
def record(pool: Pool) -> PostgresRecord:
    return PostgresRecord(pool, business, FixedClock())


Run = Callable[..., Awaitable[list[tuple[Any, ...]]]]


@pytest.fixture
def run(pool: Pool) -> Run:
    """SQL behind the repositories' backs; gives the rows."""

    async def statement(text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        async with pool.connection() as connection:
            cursor = await connection.execute(text.encode(), parameters or None)
            return await cursor.fetchall() if cursor.description else []

    return statement

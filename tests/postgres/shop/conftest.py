"""A seeded shop for a module, and a fresh copy for a test that needs one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from psycopg import AsyncConnection, sql

from tests.postgres.shop.harness import TEMPLATE, Shop, build_template, of


@pytest.fixture(scope="session")
async def shop_template(postgres_url: str) -> str:
    """The URL of a seeded shop that is only ever copied."""
    await build_template(postgres_url)
    return of(postgres_url, TEMPLATE)


@pytest.fixture
async def shop(postgres_url: str, shop_template: str) -> AsyncIterator[Shop]:
    """A seeded shop of its own for each test."""
    name = sql.Identifier(f"shop_{uuid4().hex}")
    async with await AsyncConnection.connect(postgres_url, autocommit=True) as admin:
        await admin.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(TEMPLATE)))
        yield Shop(of(postgres_url, name.as_string().strip('"')))
        await admin.execute(sql.SQL("drop database {} with (force)").format(name))

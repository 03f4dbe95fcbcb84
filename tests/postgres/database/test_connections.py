"""A server that cannot serve says why at once, and what drops the settings of a connection is no server for Handrail."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from psycopg import OperationalError
from psycopg.errors import ReadOnlySqlTransaction

from handrail.domain.errors import InvalidInput
from handrail.postgres.connections import check_settings
from handrail.postgres.pool import looking, open_pool, writing
from tests.support.pooler import dropping

WAIT = 1.0


def port_of(url: str) -> int:
    return urlsplit(url).port or 5432


async def test_every_connection_keeps_what_it_brought(database_url: str) -> None:
    pool = await open_pool(database_url, size=2)
    try:
        async with writing(pool) as connection:
            await check_settings(connection)
        async with looking(pool) as connection:
            await check_settings(connection)
            with pytest.raises(ReadOnlySqlTransaction):
                await connection.execute("CREATE TABLE written (a integer)")
    finally:
        await pool.close()


async def test_what_drops_the_settings_is_refused_before_a_look_up_could_write(database_url: str) -> None:
    async with dropping(port := port_of(database_url)) as before:
        with pytest.raises(
            InvalidInput, match=r"HANDRAIL_DATABASE_URL: what answers there drops the settings of a connection"
        ):
            await open_pool(database_url.replace(f":{port}/", f":{before}/"), size=2, wait=WAIT)


async def test_what_refuses_settings_says_so_itself(database_url: str) -> None:
    async with dropping(port := port_of(database_url), says="unsupported startup parameter: options") as before:
        with pytest.raises(OperationalError, match="unsupported startup parameter: options"):
            await open_pool(database_url.replace(f":{port}/", f":{before}/"), size=2, wait=WAIT)


async def test_a_wrong_password_is_said(database_url: str) -> None:
    with pytest.raises(OperationalError, match="password authentication failed"):
        await open_pool(database_url.replace("@", "x@", 1), size=2, wait=WAIT)

"""A server that cannot serve says why at once, and what drops the settings of a connection is no server for Handrail."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from psycopg import OperationalError
from psycopg.errors import ReadOnlySqlTransaction

from handrail.cli.common.probing import places, probe
from handrail.domain.errors import InvalidInput
from handrail.embedded.ports import free_block
from handrail.postgres.connections import check_settings
from handrail.postgres.pool import looking, open_pool, writing
from handrail.temporal.connect import Unreachable
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


@pytest.mark.parametrize("among", ["read-write", "primary", "any"])
async def test_of_several_servers_the_one_that_serves_is_found(database_url: str, among: str) -> None:
    port = port_of(database_url)
    several = database_url.replace(f"127.0.0.1:{port}/", f"127.0.0.1:{free_block(1)},127.0.0.1:{port}/")
    await probe(several)
    pool = await open_pool(f"{several}?target_session_attrs={among}", size=1)
    try:
        async with writing(pool) as connection:
            await connection.execute("CREATE TABLE written (a integer)")
        async with looking(pool) as connection:
            await connection.execute("SELECT 1")
    finally:
        await pool.close()


async def test_every_server_that_does_not_answer_is_named() -> None:
    first = free_block(2)
    with pytest.raises(Unreachable, match=rf"No PostgreSQL answers at 127\.0\.0\.1:{first} or 127\.0\.0\.1:{first + 1}\."):
        await probe(f"postgresql://someone:x@127.0.0.1:{first},127.0.0.1:{first + 1}/handrail?target_session_attrs=primary")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://u:p@h/d", [("h", 5432)]),
        ("postgresql://h:1?sslmode=require", [("h", 1)]),
        ("postgresql://u:p@[::1]:1,h/d", [("::1", 1), ("h", 5432)]),
        ("postgresql:///d?host=/tmp", []),
        ("host=h dbname=d", []),
    ],
)
def test_the_servers_of_a_url(url: str, found: list[tuple[str, int]]) -> None:
    assert places(url) == found

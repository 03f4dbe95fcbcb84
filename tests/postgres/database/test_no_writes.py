"""A server that answers and takes no writes, as during a failover, is waited for like one that is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from pydantic import SecretStr

from handrail.api.problems.table import code_of
from handrail.cli.common.failures import Exit, judge
from handrail.doctor.findings import PartHealth
from handrail.doctor.record import look
from handrail.domain.errors import record_is_away
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.connections import TakesNoWrites
from handrail.postgres.health import takes_writes
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, listen, looking, open_pool, reading, writing
from handrail.postgres.seeing import PostgresFigures
from handrail.settings import Settings
from tests.postgres.build import NOON, opening
from tests.postgres.database.test_pool import running
from tests.postgres.wallets import business
from tests.support.house import wait_for

ON = b"SET default_transaction_read_only = on"
Work = Callable[[Pool], Awaitable[object]]


async def opens(pool: Pool) -> object:
    return await PostgresCases(pool, business).open(opening(), NOON)


async def writes(pool: Pool) -> None:
    async with writing(pool) as connection:
        await connection.execute("UPDATE handrail.owner SET name = name")


@pytest.mark.parametrize("work", [opens, writes, takes_writes, lambda pool: PostgresFigures(pool).read()])
async def test_what_needs_to_write_is_worth_another_try(database_url: str, work: Work) -> None:
    pool = await open_pool(database_url, size=1)
    try:
        async with pool.connection() as connection:
            await connection.execute(ON)
        with pytest.raises(TakesNoWrites) as caught:
            await work(pool)
        assert record_is_away(caught.value)
        assert code_of(caught.value) == "RecordAway"
        assert judge(caught.value) == (
            Exit.NOTHING_ANSWERS,
            "PostgreSQL answers and takes no writes now, as during a failover. "
            "Try again; `handrail doctor` says whether it does.",
        )
        async with pool.connection() as connection:
            await connection.execute("RESET default_transaction_read_only")
        await work(pool)
    finally:
        await pool.close()


async def test_a_write_where_only_a_look_was_meant_stays_a_defect(pool: Pool) -> None:
    async with looking(pool) as connection:
        with pytest.raises(ReadOnlySqlTransaction):
            await connection.execute("UPDATE handrail.owner SET name = name")
    with pytest.raises(ReadOnlySqlTransaction):
        async with reading(pool) as connection:
            await connection.execute("UPDATE handrail.owner SET name = name")


async def test_a_server_that_is_set_so_is_read_and_named(database_url: str, postgres_url: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
    with pytest.raises(TakesNoWrites):
        await migrate(database_url, business, NOON)
    found = await look(Settings(database_url=SecretStr(database_url)), business)
    assert [one.part for one in found if one.health is PartHealth.TROUBLE] == ["PostgreSQL"]
    assert "answers and takes no writes" in found[0].words


async def test_a_standby_is_waited_for_until_it_is_promoted(servers: Path) -> None:
    server = Postgres(servers / "standby", free_block(1))
    async with running(server, servers / "standby.log"):
        await migrate(server.url, business, NOON)
        pool = await open_pool(server.url, size=2, wait=3)
    try:
        (server.folder / "standby.signal").touch()
        async with running(server, servers / "standby.log"):
            with pytest.raises(psycopg.OperationalError):
                await opens(pool)
            with pytest.raises(TakesNoWrites):
                await anext(listen(server.url, "listen_controls"))
            with psycopg.connect(server.url, autocommit=True) as admin:
                admin.execute("SELECT pg_promote()")

            async def opened() -> bool:
                try:
                    await opens(pool)
                except psycopg.OperationalError:
                    return False
                return True

            await wait_for(opened)
    finally:
        await pool.close()

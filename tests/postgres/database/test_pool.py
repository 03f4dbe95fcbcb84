"""PostgreSQL killed and started again under an open pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolClosed

from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import Commit
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Child, until_ready
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, alone, looking, open_pool, reading, writing
from tests.postgres.build import NOON, FixedClock, effect, opening, row, ruling
from tests.postgres.wallets import business
from tests.support.house import wait_for

SIZE = 6


@asynccontextmanager
async def running(server: Postgres, log: Path) -> AsyncIterator[Child]:
    server.prepare()
    child = Child(server.name, server.command(), log)
    try:
        await until_ready(server, child)
        yield child
    finally:
        child.stop()


async def fill(pool: Pool) -> None:
    """Have every connection open, so that every one of them dies."""
    everybody = asyncio.Barrier(SIZE)

    async def hold() -> None:
        async with pool.connection():
            await everybody.wait()

    await asyncio.gather(*(hold() for _ in range(SIZE)))


async def persist(record: PostgresRecord, seconds: float) -> EffectResult:
    """What Temporal does: try again on a connection error, until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await record.apply(effect())
        except PoolClosed:
            raise
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise


async def test_a_killed_server_that_comes_back_is_survived(servers: Path) -> None:
    server = Postgres(servers / "killed", free_block(1))
    async with running(server, servers / "killed.log") as first:
        await migrate(server.url, business, NOON)
        pool = await open_pool(server.url, size=SIZE, wait=3)
        try:
            cases, record = PostgresCases(pool, business), PostgresRecord(pool, business, FixedClock())
            await cases.open(opening(), NOON)
            await cases.commit(ruling(Ruling.ALLOW))
            await fill(pool)
            async with pool.connection() as busy:
                first.kill()
                with pytest.raises(psycopg.OperationalError):
                    await busy.execute("SELECT pg_sleep(20)")
            with pytest.raises(psycopg.OperationalError):
                await cases.commit(Commit(row=row(9)))
            first.stop()  # it is dead; this takes note, or its successor would find a living process of that number
            async with asyncio.TaskGroup() as group:
                waiting = [group.create_task(persist(record, 60)) for _ in range(SIZE)]
                async with running(server, servers / "killed.log"):
                    started = time.monotonic()
                    answers = await asyncio.gather(*waiting)
                    took = time.monotonic() - started
                    assert all(answer == answers[0] for answer in answers)
                    assert [one.effect_id for one in await cases.effects("case-1")] == ["e-1"]
                    assert (await cases.show("case-1")).version == 1
            assert took < 15, f"{took:.1f} s after the server was back"
        finally:
            await pool.close()


async def test_an_effect_cut_off_before_its_commit_left_nothing(database_url: str, postgres_url: str) -> None:
    pool = await open_pool(database_url, size=2)
    try:
        cases, record = PostgresCases(pool, business), PostgresRecord(pool, business, FixedClock())
        await cases.commit(ruling(Ruling.ALLOW))
        async with await psycopg.AsyncConnection.connect(database_url) as rival:
            await rival.execute("SELECT 1 FROM wallets.wallets WHERE customer_id = 'C-1' FOR UPDATE")
            attempt = asyncio.create_task(record.apply(effect()))
            await cut_off_the_blocked(postgres_url)
            with pytest.raises(psycopg.OperationalError):
                await attempt
        assert await cases.effects("case-1") == []
        assert (await record.apply(effect())).result == {"left": 900}
    finally:
        await pool.close()


async def cut_off_the_blocked(url: str) -> None:
    """End the one server process that waits for the wallet's lock."""
    deadline = time.monotonic() + 20
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
        while time.monotonic() < deadline:
            cursor = await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE wallets%'"
            )
            if await cursor.fetchone():
                return
    raise AssertionError("nobody waited for the lock")


async def test_nobody_home_is_said_soon() -> None:
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        await open_pool(f"postgresql://postgres@127.0.0.1:{free_block(1)}/handrail", wait=1)
    assert time.monotonic() - started < 10


async def test_a_write_while_reading_is_refused_and_the_connection_writes_afterwards(database_url: str) -> None:
    pool = await open_pool(database_url, size=1)
    try:
        async with reading(pool) as connection:
            pid = connection.info.backend_pid
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await connection.execute("DELETE FROM wallets.wallets")
        assert await left(pool, pid) == ("off", 1_000)
        async with reading(pool) as connection:
            await connection.execute("SELECT 1")
        assert await left(pool, pid) == ("off", 1_000)
        await alone(pool, "controls_in_force")
        async with writing(pool) as connection:
            await connection.execute("UPDATE wallets.wallets SET balance = 7 WHERE customer_id = 'C-1'")
        assert await left(pool, pid) == ("off", 7)
    finally:
        await pool.close()


async def test_a_look_writes_nothing_and_is_no_transaction(database_url: str) -> None:
    pool = await open_pool(database_url, size=1)
    try:
        for _ in range(2):
            async with looking(pool) as connection:
                assert connection.info.transaction_status is TransactionStatus.IDLE
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    await connection.execute("DELETE FROM wallets.wallets")
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    async with connection.transaction():
                        await connection.execute("DELETE FROM wallets.wallets")
                await connection.execute("SELECT 1")
                assert connection.info.transaction_status is TransactionStatus.IDLE
        async with looking(pool) as connection:  # one that hangs keeps nobody from writing
            assert await left(pool) == ("off", 1_000)
    finally:
        await pool.close()
    assert connection.closed


@pytest.mark.parametrize("how", ["reading", "looking", "alone"])
async def test_a_cancelled_read_leaves_a_pool_that_reads_and_writes(
    database_url: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.postgres.pool.QUERIES", {"slow": b"SELECT pg_sleep(20)"})
    pool = await open_pool(database_url, size=1)

    async def read() -> None:
        if how == "alone":
            await alone(pool, "slow")
            return
        async with (looking if how == "looking" else reading)(pool) as connection:
            await connection.execute("SELECT pg_sleep(20)")

    try:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(read(), 0.3)
            assert await left(pool) == ("off", 1_000)
    finally:
        await pool.close()


async def left(pool: Pool, pid: int | None = None) -> tuple[str, int]:
    """Write with the pool's only connection; give how it begins transactions, and the wallet."""
    async with writing(pool) as connection:
        assert pid in (None, connection.info.backend_pid), "the connection was given up"
        assert (connection.read_only, connection.autocommit) == (None, True)
        await connection.execute("UPDATE wallets.wallets SET balance = balance WHERE customer_id = 'C-1'")
        query = "SELECT current_setting('transaction_read_only'), balance FROM wallets.wallets WHERE customer_id = 'C-1'"
        row = await (await connection.execute(query)).fetchone()
    assert row
    return str(row[0]), int(row[1])


async def test_a_pool_that_is_closed_at_once_leaves_no_session(database_url: str) -> None:
    """A callback of the pool's own for what is given back would: it is put off, and thrown away with the pool."""
    pool = await open_pool(database_url, size=1)
    async with pool.connection() as connection:
        pid = connection.info.backend_pid
    await pool.close()
    assert connection.closed

    async def gone() -> bool:
        query = "select 1 from pg_stat_activity where pid = %s"
        return await (await other.execute(query, [pid])).fetchone() is None

    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await wait_for(gone, deadline=10)

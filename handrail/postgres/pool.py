"""The connection pools, and the ways to use them: a transaction that reads, one that writes, one query alone, a look, an ear.

A server that was killed and came back is survived: the operation that hit it raises `psycopg.OperationalError`, which the
caller may try again; connections from before are discarded together and new ones opened. One that takes no writes for a while
is survived as well: what would write raises `TakesNoWrites`, of the same kind.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, TypeAlias

from psycopg import AsyncConnection, AsyncCursor, Notify, OperationalError
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from handrail.postgres.adaptation import adapt
from handrail.postgres.connections import OPTIONS, TakesNoWrites, check_settings, looking_at, refuse_what_cannot_serve
from handrail.postgres.queries import QUERIES, Queries
from handrail.seeing.now import now

Connection: TypeAlias = AsyncConnection[TupleRow]
Cursor: TypeAlias = AsyncCursor[DictRow]


class Pooled(AsyncConnection[TupleRow]):
    """A connection of the pool. It commits each statement by itself, unless a transaction was begun."""

    answered = float("-inf")
    """When the server last answered on it, by `time.monotonic`."""

    @cached_property
    def kept(self) -> Cursor:
        """A cursor for whoever uses the connection now: one that is made anew looks every type up again."""
        return rows(self)


class Pool(AsyncConnectionPool[Pooled]):
    """A pool of connections that write, with two others: `lookers` cannot, `noters` note what must stand at once."""

    lookers: AsyncConnectionPool[Pooled]
    noters: AsyncConnectionPool[Pooled]

    async def close(self, timeout: float = 5) -> None:
        """Close all three."""
        await self.noters.close(timeout)
        await self.lookers.close(timeout)
        await super().close(timeout)


WAIT_SECONDS = 10.0
# The pause between attempts doubles; giving up soon and starting afresh keeps it short after a long outage.
RECONNECT_SECONDS = 5.0
BEAT_SECONDS = 10.0
"""After so long a silence a connection that listens is asked whether it is there."""
NOTERS = 2
"""Connections for notes: each is needed for one short statement."""
FRESH_SECONDS = 1.0
"""A connection on which the server answered within this time is used without being asked whether it is there."""


async def open_pool(url: str, *, size: int = 10, wait: float = WAIT_SECONDS) -> Pool:
    """An open pool of at most `size` connections to `url`; close it with `await pool.close()`.

    Its lookers are as many again at most, its noters `NOTERS`; both are opened as they are needed. `wait` is how many
    seconds anyone waits for a connection, here and later.

    Raises:
        psycopg.OperationalError: the server did not answer in time, or refuses with words.
        InvalidInput: what answers drops the settings of a connection.
    """
    writers: dict[str, Any] = {**OPTIONS, "autocommit": True}
    pool = Pool(url, kwargs=writers, min_size=min(2, size), **_settings(size, wait, lambda: pool.drain()))
    looking: dict[str, Any] = {**looking_at(url), "autocommit": True}
    lookers = AsyncConnectionPool(url, kwargs=looking, min_size=0, **_settings(size, wait, lambda: lookers.drain()))
    noters = AsyncConnectionPool(url, kwargs=writers, min_size=0, **_settings(NOTERS, wait, lambda: noters.drain()))
    pool.lookers, pool.noters = lookers, noters
    try:
        await pool.open(wait=True, timeout=wait)
    except PoolTimeout:
        await refuse_what_cannot_serve(url)
        raise
    await lookers.open()
    await noters.open()
    return pool


def _settings(size: int, wait: float, drain: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    async def check(connection: Pooled) -> None:
        if time.monotonic() - connection.answered < FRESH_SECONDS:
            return
        try:
            await AsyncConnectionPool.check_connection(connection)
            connection.answered = time.monotonic()
        except OperationalError:
            # One dead connection means the server went away: its siblings would each cost a caller a longer pause.
            await drain()
            raise

    return {
        "connection_class": connection_class(),
        "max_size": size,
        "open": False,
        "configure": _begin,
        "check": check,
        "name": "handrail",
        "timeout": wait,
        "reconnect_timeout": RECONNECT_SECONDS,
    }


async def _begin(connection: Pooled) -> None:
    await adapt(connection)
    await check_settings(connection)


def connection_class() -> type[Pooled]:
    """Return the connections of a pool: those that make spans only where somebody takes them."""
    if not now().traced:
        return Pooled
    from handrail.postgres.tracing import TracedConnection

    return TracedConnection


@asynccontextmanager
async def writing(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, rolled back by an exception.

    Raises:
        TakesNoWrites: the server lets nothing be written now.
    """
    async with pool.connection() as connection:
        try:
            async with connection.transaction():
                yield connection
        except ReadOnlySqlTransaction as error:
            raise TakesNoWrites from error
        connection.answered = time.monotonic()


@asynccontextmanager
async def looking(pool: Pool) -> AsyncIterator[Connection]:
    """A connection on which PostgreSQL refuses every write: each statement is a transaction of its own."""
    async with pool.lookers.connection() as connection:
        yield connection
        connection.answered = time.monotonic()


@asynccontextmanager
async def noting(pool: Pool) -> AsyncIterator[Connection]:
    """A connection on which each statement stands at once, for whoever holds one of the pool: a second might never come."""
    async with pool.noters.connection() as connection:
        yield connection
        connection.answered = time.monotonic()


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction in which PostgreSQL refuses every write."""
    async with pool.connection() as connection:
        # It begins READ ONLY: nothing is sent for that alone.
        await connection.set_read_only(True)
        try:
            async with connection.transaction():
                yield connection
        finally:
            await _as_it_was(connection)


async def alone(
    pool: Pool, query: str, *, prepare: bool | None = None, queries: Queries | None = None, **parameters: Any
) -> list[DictRow]:
    """The rows of one named query that is a transaction of its own: no BEGIN and COMMIT are sent around it.

    Raises:
        TakesNoWrites: it writes, and the server lets nothing be written now.
    """
    # Not `pool.connection()`: it ends a transaction, and here is none.
    connection = await pool.getconn()
    try:
        await connection.kept.execute((queries or QUERIES)[query], parameters, prepare=prepare)
        connection.answered = time.monotonic()
        return await connection.kept.fetchall()
    except ReadOnlySqlTransaction as error:
        raise TakesNoWrites from error
    except BaseException:
        await _as_it_was(connection)
        raise
    finally:
        await pool.putconn(connection)


async def listen(url: str, query: str) -> AsyncGenerator[list[Notify], None]:
    """Yield what the channel of the named query announces; nothing, once this listens and after each silence.

    It has a connection of its own, beside any pool.

    Raises:
        psycopg.OperationalError: the server is away, or announces nothing, as a standby.
    """
    async with await AsyncConnection.connect(url, autocommit=True, **OPTIONS) as connection:
        try:
            await connection.execute(QUERIES[query])
        except ReadOnlySqlTransaction as error:
            raise TakesNoWrites from error
        heard: list[Notify] = []
        while True:
            yield heard
            heard = [one async for one in connection.notifies(timeout=BEAT_SECONDS, stop_after=1)]
            if not heard:
                await connection.execute(QUERIES["still_there"])


async def _as_it_was(connection: Connection) -> None:
    """Undo what was set for one use; a connection that is in the middle of something goes away instead."""
    if connection.info.transaction_status is TransactionStatus.IDLE:
        await connection.set_read_only(None)
    else:
        await connection.close()


def rows(connection: Connection) -> Cursor:
    """A cursor whose rows are dicts; close it with `async with`."""
    return connection.cursor(row_factory=dict_row)


@asynccontextmanager
async def held(pool: Pool, hold: str, release: str, **about: Any) -> AsyncIterator[bool]:
    """Hold a lock of the session's for as long as the block lasts; False where another has it.

    `hold` names the query that takes it and says whether it is `mine`, `release` the one that gives it back. It goes with the
    process, however that ends.
    """
    async with pool.connection() as connection:
        async with rows(connection) as cursor:
            await cursor.execute(QUERIES[hold], about)
            found = await cursor.fetchone()
        mine = bool(found and found["mine"])
        try:
            yield mine
        finally:
            if mine:
                await connection.execute(QUERIES[release], about)

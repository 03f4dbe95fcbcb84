"""The proxy of a drill under faults, before a server that gives back what it gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from handrail.drills.chaos.proxy import SLOW_SECONDS, Catch, FaultyProxy, NetworkFault
from handrail.embedded.ports import HOST, free_block

SHORT, PATIENCE = 0.2, 20.0


@asynccontextmanager
async def proxied() -> AsyncIterator[FaultyProxy]:
    """A proxy before a server that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    base = free_block(2)
    proxy = FaultyProxy(base + 1, base)
    async with await asyncio.start_server(echo, HOST, base), proxy.listening():
        yield proxy


async def said(proxy: FaultyProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which a line came back."""
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    writer.write(b"before\n")
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"before\n"
    return reader, writer


async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Return whether the connection ends without another byte, by a reset or without."""
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE) == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


async def test_a_silence_loses_nothing_and_ends() -> None:
    async with proxied() as proxy:
        reader, writer = await said(proxy)
        proxy.hurt(NetworkFault.SILENCE)
        writer.write(b"meanwhile\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(line := asyncio.ensure_future(reader.readline())), SHORT)
        new_reader, new_writer = await asyncio.open_connection(HOST, proxy.port)
        new_writer.write(b"new\n")
        proxy.heal()
        assert await asyncio.wait_for(line, PATIENCE) == b"meanwhile\n"
        assert await asyncio.wait_for(new_reader.readline(), PATIENCE) == b"new\n"
        writer.close()
        new_writer.close()


async def test_a_reset_breaks_off_what_stands_and_what_comes_and_ends() -> None:
    async with proxied() as proxy:
        standing = await said(proxy)
        proxy.hurt(NetworkFault.RESET)
        assert await ended(*standing)
        with suppress(ConnectionError):
            assert await ended(*await asyncio.open_connection(HOST, proxy.port))
        proxy.heal()
        _, writer = await said(proxy)
        writer.close()


async def test_latency_is_there_both_ways_and_ends() -> None:
    async with proxied() as proxy:
        reader, writer = await said(proxy)
        proxy.hurt(NetworkFault.LATENCY)
        began = time.monotonic()
        writer.write(b"slow\n")
        assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"slow\n"
        assert time.monotonic() - began >= 2 * SLOW_SECONDS
        proxy.heal()
        writer.close()


async def test_a_catch_holds_one_connection_from_what_is_wanted_on_and_lets_it_go() -> None:
    async def wanted(sent: bytes) -> bool:
        return b"effect" in sent

    async with proxied() as proxy:
        (reader, writer), (other_reader, other_writer) = await said(proxy), await said(proxy)
        proxy.catch = catch = Catch(wanted)
        writer.write(b"a look\n")
        assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"a look\n"
        writer.write(b"an effect\n")
        await asyncio.wait_for(catch.caught.wait(), PATIENCE)
        writer.write(b"behind it\n")
        other_writer.write(b"another effect\n")
        assert await asyncio.wait_for(other_reader.readline(), PATIENCE) == b"another effect\n"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(line := asyncio.ensure_future(reader.readline())), SHORT)
        catch.release()
        assert await asyncio.wait_for(line, PATIENCE) == b"an effect\n"
        assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"behind it\n"
        writer.close()
        other_writer.close()


async def test_a_server_that_is_away_ends_the_connection() -> None:
    base = free_block(2)
    proxy = FaultyProxy(base + 1, base)
    async with proxy.listening():
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()

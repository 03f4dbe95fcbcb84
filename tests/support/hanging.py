"""A way to PostgreSQL that can go dumb: connections stand, and nothing comes through any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class DumbLine:
    """The way; `speaks` is cleared where it is to go dumb."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.url = ""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what both ends of a connection say."""
        there, back = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        try:
            with suppress(ConnectionError):
                await asyncio.gather(self._one_way(reader, back), self._one_way(there, writer))
        finally:
            back.close()
            writer.close()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65_536):
            await self.speaks.wait()
            writer.write(said)
            await writer.drain()
        writer.close()

    def through(self, port: int) -> None:
        """Note the address of the database through this way."""
        host = f"{self._parts.username}:{self._parts.password}@127.0.0.1:{port}"
        self.url = urlunsplit(self._parts._replace(netloc=host))


@asynccontextmanager
async def dumb_line(url: str) -> AsyncIterator[DumbLine]:
    """A way to the database of the URL; it speaks again at the end, so that what waits there ends."""
    line = DumbLine(url)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    try:
        line.through(server.sockets[0].getsockname()[1])
        yield line
    finally:
        line.speaks.set()
        server.close()

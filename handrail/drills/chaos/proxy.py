"""A TCP proxy before a server, which can be slow, break connections off, or let nothing through."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

from handrail.embedded.ports import HOST

CHUNK = 65_536
SLOW_SECONDS = 0.15


class NetworkFault(StrEnum):
    """A fault of the network. `SILENCE` is half-open: connections stand, are even taken, and nothing comes through."""

    LATENCY = "latency"
    RESET = "reset"
    SILENCE = "silence"


class Catch:
    """Holds one connection's bytes to the server: the first that are `wanted`, and all behind them. `caught` is set then."""

    def __init__(self, wanted: Callable[[bytes], Awaitable[bool]]) -> None:
        self._wanted = wanted
        self.caught, self._free = asyncio.Event(), asyncio.Event()

    async def passed(self, chunk: bytes) -> None:
        """Return once these bytes may go on."""
        if not self.caught.is_set() and not self._free.is_set() and await self._wanted(chunk):
            self.caught.set()
            await self._free.wait()

    def release(self) -> None:
        """Let go what is held, and hold nothing any more."""
        self._free.set()


class FaultyProxy:
    """Passes bytes between its `port` and the server's; what is sent during a silence comes through after it.

    With a `catch`, what goes to the server is shown to it first.
    """

    def __init__(self, port: int, server: int) -> None:
        self.port, self._server = port, server
        self.catch: Catch | None = None
        self._fault: NetworkFault | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[StreamWriter] = set()

    def hurt(self, fault: NetworkFault) -> None:
        """Begin the fault; a reset also breaks off what is connected."""
        self._fault = fault
        if fault is NetworkFault.SILENCE:
            self._open.clear()
        if fault is NetworkFault.RESET:
            self.break_off()

    def heal(self) -> None:
        """End the fault."""
        self._fault = None
        self._open.set()

    def break_off(self) -> None:
        """End all connections at once."""
        for writer in self._writers:
            writer.transport.abort()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for a while."""
        server = await asyncio.start_server(self._take, HOST, self.port)
        try:
            yield
        finally:
            server.close()
            self.heal()
            self.break_off()

    async def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._fault is NetworkFault.RESET:
            writer.transport.abort()
            return
        with suppress(OSError):
            await self._open.wait()
            there, back = await asyncio.open_connection(HOST, self._server)
            ends = {writer, back}
            self._writers |= ends
            passing = [asyncio.create_task(self._ask(reader, back)), asyncio.create_task(self._pass(there, writer))]
            try:
                await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in passing:
                    task.cancel()
                self._writers -= ends
                back.close()
        writer.close()

    async def _ask(self, reader: StreamReader, writer: StreamWriter) -> None:
        async def shown(chunk: bytes) -> None:
            if self.catch is not None:
                await self.catch.passed(chunk)

        await self._pass(reader, writer, shown)

    async def _pass(
        self, reader: StreamReader, writer: StreamWriter, shown: Callable[[bytes], Awaitable[None]] | None = None
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if shown is not None:
                    await shown(chunk)
                await self._open.wait()
                if self._fault is NetworkFault.LATENCY:
                    await asyncio.sleep(SLOW_SECONDS)
                writer.write(chunk)
                await writer.drain()

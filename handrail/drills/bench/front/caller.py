"""A caller over HTTP that costs next to nothing, so that what is timed is the server's answer and not the caller's library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from httptools import HttpResponseParser

from handrail.embedded.process import StackFailed

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class LeanAnswer:
    """An answer as a server gave it."""

    status: int
    body: bytes


class Answering:
    """An answer as it comes in; httptools calls these methods."""

    def __init__(self) -> None:
        self.parser, self.body, self.complete = HttpResponseParser(self), bytearray(), False

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Take that nothing more comes."""
        self.complete = True


class LeanCaller:
    """Posts JSON to one server over connections that stay open; each request is one write."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._host, self._port, self._seconds = host, port, seconds
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: object, headers: Mapping[str, str]) -> LeanAnswer:
        """Post and read the whole answer.

        Raises:
            StackFailed: the server hung up.
            TimeoutError: it did not answer in time.
        """
        data = json.dumps(body).encode()
        fields = {"host": self._host, "content-type": "application/json", "content-length": str(len(data)), **headers}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        answering = Answering()
        async with asyncio.timeout(self._seconds), self._connection() as (reader, writer):
            writer.write("\r\n".join(lines).encode() + data)
            while not answering.complete:
                found = await reader.read(CHUNK)
                if not found:
                    raise StackFailed(f"POST {path}: the server hung up ahead of its answer.")
                answering.parser.feed_data(found)
        return LeanAnswer(answering.parser.get_status_code(), bytes(answering.body))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Give a connection for one request; it goes back only where the request went well."""
        while self._open and self._open[-1][0].at_eof():  # the server closes what has long been silent
            self._open.pop()[1].close()
        reader, writer = self._open.pop() if self._open else await asyncio.open_connection(self._host, self._port)
        try:
            yield reader, writer
        except BaseException:
            writer.close()
            raise
        self._open.append((reader, writer))

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._open:
            writer.close()
        self._open.clear()

"""What stands before PostgreSQL and lets no settings of a connection through, as a pooler does that is told to ignore them."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handrail.embedded.ports import HOST

ASKS_FOR_ENCRYPTION = (80877103, 80877104)


@asynccontextmanager
async def dropping(port: int, *, says: str = "") -> AsyncIterator[int]:
    """Its port, for as long as the block lasts; where it `says` something, it refuses whoever brings settings."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            version, settings = await _opening(reader, writer)
            if says and "options" in settings:
                writer.write(_refusal(says))
                await writer.drain()
                return
            settings.pop("options", None)
            theirs, ours = await asyncio.open_connection(HOST, port)
            ours.write(_packet(version, settings))
            await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _opening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, dict[str, str]]:
    while True:
        length, code = struct.unpack("!ii", await reader.readexactly(8))
        if code not in ASKS_FOR_ENCRYPTION:
            words = (await reader.readexactly(length - 8)).decode().split("\0")
            return code, dict(zip(words[::2], words[1::2], strict=False)) if words else {}
        writer.write(b"N")


def _packet(version: int, settings: dict[str, str]) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in settings.items() if name) + b"\0"
    return struct.pack("!ii", len(body) + 8, version) + body


def _refusal(words: str) -> bytes:
    body = f"SFATAL\0C08P01\0M{words}\0\0".encode()
    return b"E" + struct.pack("!i", len(body) + 4) + body


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()

"""A receiver of webhooks: `python -m handrail.drills.chaos.outside.receiver PORT FILE` notes all that comes, and may fail.

What comes is in `FILE` before it is answered, a JSON line each, so that a kill in between leaves the line and no answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from handrail.embedded.ports import HOST

HEALTH = "/health"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
FAILS, BREAKS, HANGS = range(0, 40), range(40, 80), range(80, 81)
"""Of `ODDS` first attempts so many are refused by 500, cut off behind the note, and never answered."""
ODDS = 500


def answer(status: int) -> bytes:
    """Return an answer without a body."""
    return f"HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()


def event_of(body: bytes) -> str:
    """Return what a message is about, whatever id it came under."""
    about = json.loads(body)["data"]
    return f"{about.get('case_id')} {about.get('sequence')}"


def lot_of(event: str) -> int:
    """Return the lot of an event: what it is about decides how its first attempt goes, and not chance."""
    return int.from_bytes(hashlib.sha256(event.encode()).digest()[:4]) % ODDS


class WebhookReceiver:
    """Takes posts. The first attempt at some is answered badly, as their lot says; every later one is taken."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection, which is one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if first.split(" ")[1] == HEALTH:
                writer.write(answer(200))
                return
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await self._take(headers, body, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _take(self, headers: dict[str, str], body: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        line = {"at": time.time(), "headers": {name: headers.get(name, "") for name in HEADERS}, "body": body.decode()}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        event = event_of(body)
        lot = ODDS if event in self._seen else lot_of(event)
        self._seen.add(event)
        if lot in BREAKS:
            writer.transport.abort()
        elif lot in HANGS:
            await reader.read()
        else:
            writer.write(answer(500 if lot in FAILS else 200))
            await writer.drain()


async def main(port: int, file: Path) -> None:
    """Receive until killed."""
    server = await asyncio.start_server(WebhookReceiver(file).serve, HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))

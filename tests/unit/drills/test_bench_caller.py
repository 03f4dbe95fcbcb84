"""The bench's lean caller: whole answers however they arrive, connections kept, and a word where the server hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from handrail.drills.bench.front.caller import LeanAnswer, LeanCaller
from handrail.embedded.ports import HOST
from handrail.embedded.process import StackFailed

WORDS = b'{"case_id":"c"}'
HEAD = b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n" % len(WORDS)


class Server:
    """Answers each request with the next of its pieces, and counts connections."""

    def __init__(self, *answers: list[bytes]) -> None:
        self.answers, self.asked, self.connections = list(answers), list[bytes](), 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until an empty answer ends it."""
        self.connections += 1
        while self.answers:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            self.asked.append(head + await reader.readexactly(int(length.split()[1])))
            pieces = self.answers.pop(0)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if not pieces:
                break
        writer.close()


@asynccontextmanager
async def calling(server: Server) -> AsyncIterator[LeanCaller]:
    listening = await asyncio.start_server(server, HOST, 0)
    caller = LeanCaller(HOST, listening.sockets[0].getsockname()[1], 10)
    async with listening:
        yield caller
        caller.close()


async def test_answers_come_whole_over_one_connection() -> None:
    server = Server([HEAD + WORDS], [HEAD[:9], HEAD[9:], WORDS[:5], WORDS[5:]], [])
    async with calling(server) as caller:
        told = [await caller.post("/v1/cases", {"text": "ü"}, {"prefer": "respond-async"}) for _ in range(2)]
    assert told == [LeanAnswer(202, WORDS)] * 2
    assert server.connections == 1
    assert server.asked[0].startswith(b"POST /v1/cases HTTP/1.1\r\n")
    assert b"prefer: respond-async\r\n" in server.asked[0]
    assert server.asked[0].endswith(b'{"text": "\\u00fc"}')


async def test_a_server_that_hangs_up_is_told_and_the_next_request_connects_anew() -> None:
    server = Server([HEAD + WORDS], [], [HEAD + WORDS], [])
    async with calling(server) as caller:
        await caller.post("/", {}, {})
        with pytest.raises(StackFailed, match="hung up"):
            await caller.post("/", {}, {})
        assert (await caller.post("/", {}, {})).body == WORDS
    assert server.connections == 2

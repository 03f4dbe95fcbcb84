"""Readers of streams: whole frames alone count, and the last id is what a reader goes on behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx

from handrail.drills.chaos.fronts.http import FrontDoor
from handrail.drills.chaos.fronts.streams import StreamReader


def frame(number: int) -> bytes:
    event = {"case_id": "k-1", "sequence": number, "position": number + 10, "body": {"message_id": f"m-{number}"}}
    return f"event: message\ndata: {json.dumps(event)}\nid: {number}\n\n".encode()


async def test_a_reader_that_is_cut_off_within_a_frame_goes_on_behind_the_last_whole_one() -> None:
    asked, thrice = list[str | None](), asyncio.Event()
    streams = [[b"id: 0\nretry: 5\n\n", frame(1), frame(2)[:-9]], [frame(2), b": beat\n\n", frame(3)]]

    async def body(pieces: list[bytes]) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        if len(asked) == 3:
            thrice.set()
        return httpx.Response(200, content=body(streams.pop(0) if streams else []))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://x") as http:
        reader = StreamReader(http, FrontDoor("http://x", {"backend": "key"}, "caller"), "k-1", cut=9)
        reading = asyncio.create_task(reader.follow())
        async with asyncio.timeout(20):
            await thrice.wait()
        reading.cancel()
    assert [one.sequence for one in reader.told] == [1, 2, 3]
    assert asked[:3] == [None, "1", "3"]
    assert reader.told[1].message_id == "m-2"

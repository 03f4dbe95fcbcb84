"""Readers of cases' events over HTTP, who are cut off and go on behind the last event that they have read."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from handrail.drills.chaos.fronts.http import BACKEND, FrontDoor
from handrail.drills.chaos.seen.outside import StreamedEvent

PAUSE = 0.3
SILENCE_SECONDS = 5.0
"""A reader that hears nothing for longer comes back: shorter than the beat, so that a dead connection is no long wait."""
CATCHING_UP = 30.0


@dataclass(slots=True)
class StreamFrame:
    """A frame of server-sent events."""

    id: str = ""
    event: str = ""
    data: list[str] = field(default_factory=list)


@dataclass
class StreamReader:
    """Reads one case's stream. The connection is cut behind each `cut` events, besides all that happens to it."""

    http: httpx.AsyncClient
    door: FrontDoor
    case_id: str
    cut: int
    last: int = 0
    told: list[StreamedEvent] = field(default_factory=list)

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            with suppress(httpx.HTTPError, TimeoutError):
                await self._read()
            await asyncio.sleep(PAUSE)

    async def _read(self) -> None:
        headers = {**self.door.headers(BACKEND), **({"last-event-id": str(self.last)} if self.last else {})}
        path, timeout = f"/v1/cases/{self.case_id}/events", httpx.Timeout(SILENCE_SECONDS)
        async with self.http.stream("GET", path, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                return
            read = 0
            async for frame in frames(answer):
                if frame.id:
                    self.last = int(frame.id)
                if not frame.data:
                    continue
                self.told.append(self._event(frame))
                read += 1
                if read >= self.cut:
                    return

    def _event(self, frame: StreamFrame) -> StreamedEvent:
        found = json.loads("\n".join(frame.data))
        return StreamedEvent(
            case_id=found["case_id"],
            number=int(frame.id),
            kind=frame.event,
            sequence=found["sequence"],
            position=found["position"],
            message_id=found["body"].get("message_id"),
        )


async def frames(answer: httpx.Response) -> AsyncIterator[StreamFrame]:
    """Yield the whole frames of a stream; a frame that was cut off is none."""
    frame = StreamFrame()
    async for line in answer.aiter_lines():
        if not line:
            yield frame
            frame = StreamFrame()
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            frame.id = value
        elif name == "event":
            frame.event = value
        elif name == "data":
            frame.data.append(value)


class StreamReaders:
    """All readers of a drill, each a task."""

    def __init__(self, http: httpx.AsyncClient, door: FrontDoor) -> None:
        self._http, self._door = http, door
        self.readers: dict[str, StreamReader] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def follow(self, case_id: str, cut: int) -> None:
        """Begin to read a case's events."""
        reader = self.readers[case_id] = StreamReader(self._http, self._door, case_id, cut)
        self._tasks.append(asyncio.create_task(reader.follow()))

    async def caught_up(self, counts: dict[str, int]) -> None:
        """Wait until each reader has as many events as its case, or for long."""
        deadline = time.monotonic() + CATCHING_UP
        while time.monotonic() < deadline:
            if all(len(one.told) >= counts.get(one.case_id, 0) for one in self.readers.values()):
                return
            await asyncio.sleep(PAUSE)

    async def aclose(self) -> None:
        """Stop reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def told(self) -> dict[str, list[StreamedEvent]]:
        """Return what each reader got, in its order."""
        return {case_id: one.told for case_id, one in self.readers.items()}

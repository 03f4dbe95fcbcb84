"""A lane for each case's messages: of many that are sent at once, a few are on their way, and people's commands have room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_ONCE = 5
"""Messages of one case on their way from one client. The server takes ten updates of a case, and sends the rest away."""


class MessageLane:
    """The line of one case's messages, first come, first served."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._moved = 0

    @asynccontextmanager
    async def place(self, patience: float) -> AsyncIterator[None]:
        """Wait for a place, as long as the line moves. Raises: TimeoutError: it stood still for `patience` seconds."""
        while not await self._entered(patience):
            pass
        try:
            yield
            self._moved += 1
        finally:
            self._room.release()

    async def _entered(self, patience: float) -> bool:
        before = self._moved
        try:
            async with asyncio.timeout(patience):
                return await self._room.acquire()
        except TimeoutError:
            if self._moved == before:
                raise
            return False


class Lanes:
    """The lanes of the cases that somebody writes to at this moment."""

    def __init__(self) -> None:
        self._lanes = WeakValueDictionary[str, MessageLane]()

    def of(self, case_id: str) -> MessageLane:
        """The case's lane."""
        return self._lanes.setdefault(case_id, MessageLane())

"""A lane for each case's messages: of many that are sent at once, a few are on their way, and people's commands have room."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_ONCE = 5
"""Messages of one case on their way from one client. The server takes ten updates of a case, and sends the rest away."""
AT_A_STRETCH = 10
"""Messages that pass without a pause: more than a person writes before reading an answer."""
SPACING = 0.1
"""Seconds between the messages behind them, so that a flood to one case leaves the cores to the others."""
MOMENT = 0.02
"""Seconds in which those whose time is over together line up: who was on the way comes a little after who stood in line."""
REMEMBERED = 256
"""Lanes whose pace is kept while nothing is on its way."""


class MessageLane:
    """The line of one case's messages, first come, first served."""

    def __init__(self) -> None:
        self._room, self._pace = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
        self._leavers, self._stood_up, self._alone = list[int](), asyncio.Condition(), asyncio.Lock()
        self._moved = 0
        self._due = 0.0

    @asynccontextmanager
    async def place(self, patience: float) -> AsyncIterator[None]:
        """Wait for a place, as long as the line moves. Raises: TimeoutError: it stood still for `patience` seconds."""
        await self._entered(patience)
        try:
            # One pauses at a time: who is due later never overtakes, however late the event loop wakes them both.
            async with self._pace:
                await asyncio.sleep(self._pause())
            yield
            self._moved += 1
        finally:
            self._room.release()

    @asynccontextmanager
    async def leaving(self, number: int) -> AsyncIterator[None]:
        """Wait until no message of a smaller number leaves: of those that nobody took in time, one goes after the other."""
        self._leavers.append(number)
        try:
            await asyncio.sleep(MOMENT)
            async with self._stood_up:
                await self._stood_up.wait_for(lambda: min(self._leavers) == number)
            async with self._alone:
                yield
        finally:
            self._leavers.remove(number)
            async with self._stood_up:
                self._stood_up.notify_all()

    async def _entered(self, patience: float) -> None:
        """Wait in one place of the line to the end: who asked for room anew would stand behind those that came later."""
        entering = asyncio.ensure_future(self._room.acquire())
        try:
            while not entering.done():
                before = self._moved
                await asyncio.wait({entering}, timeout=patience)
                if not entering.done() and self._moved == before:
                    raise TimeoutError
        except BaseException:
            if not entering.cancel():
                self._room.release()
            raise

    def _pause(self) -> float:
        """The seconds until the next message is due, by the generic cell rate algorithm (ITU-T I.371)."""
        now = asyncio.get_running_loop().time()
        self._due = max(self._due, now - AT_A_STRETCH * SPACING) + SPACING
        return max(self._due - now, 0.0)


class Lanes:
    """The lanes of the cases that somebody writes to at this moment, or wrote to just before."""

    def __init__(self) -> None:
        self._lanes = WeakValueDictionary[str, MessageLane]()
        self._latest = deque[MessageLane](maxlen=REMEMBERED)

    def of(self, case_id: str) -> MessageLane:
        """The case's lane."""
        lane = self._lanes.setdefault(case_id, MessageLane())
        self._latest.append(lane)
        return lane

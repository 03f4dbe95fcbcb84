"""The order in which turns of a process come to their next node: those behind a decision first, then customers in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PLACES = 4
SLICE_SECONDS = 0.02
"""A node has its place for so long at most: what takes longer mostly waits, for a model or the database."""


class NodeOrder:
    """Places for nodes at work. Without it each of a customer's many turns slows everybody's: they share one processor."""

    def __init__(self, places: int = PLACES, slice_seconds: float = SLICE_SECONDS) -> None:
        self._free, self._slice = places, slice_seconds
        self._first = deque[asyncio.Future[None]]()
        self._customers: dict[str, deque[asyncio.Future[None]]] = {}
        """Whose turns wait; who comes next stands first."""

    @asynccontextmanager
    async def place(self, customer_id: str, first: bool) -> AsyncIterator[None]:
        """Wait for a place and keep it while a node is at work, for a slice of time at most."""
        await self._wait(customer_id, first)
        given = False

        def give() -> None:
            nonlocal given
            if not given:
                given = True
                self._pass_on()

        later = asyncio.get_running_loop().call_later(self._slice, give)
        try:
            yield
        finally:
            later.cancel()
            give()

    async def _wait(self, customer_id: str, first: bool) -> None:
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._first if first else self._customers.setdefault(customer_id, deque())).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the place to whose turn it is, or keep it free."""
        while (waiting := self._next()) is not None:
            if not waiting.done():
                waiting.set_result(None)
                return
        self._free += 1

    def _next(self) -> asyncio.Future[None] | None:
        if self._first:
            return self._first.popleft()
        for customer_id in self._customers:
            theirs = self._customers.pop(customer_id)
            found = theirs.popleft()
            if theirs:
                self._customers[customer_id] = theirs
            return found
        return None

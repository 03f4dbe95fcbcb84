"""The order in which turns of a process begin and come to their next node: those behind a decision first, then customers in
turn."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.worker import FixedSizeSlotSupplier, Interceptor, WorkerTuner

from handrail.temporal.worker.slots import Beginning, PromptSlots

NODES = 4
SLICE_SECONDS = 0.02
"""A node has its place for so long at most: what takes longer mostly waits, for a model or the database."""
TASKS = 8
"""Tasks of workflows at a time. What waits at the server is dealt out evenly; what was fetched begins all at once."""
FETCHED = 2
"""So many times the turns under way may be fetched: those beyond their customer's share wait, and leave places to others."""
SHARE = 8
"""One customer's turns have an eighth of a process's places at most."""


def fetched(turns: int, guards: Interceptor) -> dict[str, Any]:
    """Return how much a worker fetches at most that has so many turns under way, as options of Temporal's, with its guards."""
    slots = PromptSlots(turns * FETCHED)
    tuner = WorkerTuner.create_composite(
        workflow_supplier=FixedSizeSlotSupplier(TASKS),
        activity_supplier=slots,
        local_activity_supplier=FixedSizeSlotSupplier(turns),
        nexus_supplier=FixedSizeSlotSupplier(1),
    )
    return {"tuner": tuner, "interceptors": [Beginning(slots), guards]}


class Places:
    """So many places, dealt out to customers in turn; `each` is how many one of them may have."""

    def __init__(self, places: int, each: int) -> None:
        self._free, self._each = places, each
        self._taken = Counter[str]()
        self._first = deque[tuple[str, asyncio.Future[None]]]()
        self._customers: dict[str, deque[asyncio.Future[None]]] = {}
        """Who waits; who comes next stands first."""

    async def take(self, customer_id: str, first: bool) -> None:
        """Wait for a place. Who goes `first` comes before all who wait, however many places the customer has."""
        if self._free and (first or self._taken[customer_id] < self._each):
            self._give(customer_id)
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if first:
            self._first.append((customer_id, mine))
        else:
            self._customers.setdefault(customer_id, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.leave(customer_id)
            raise

    def leave(self, customer_id: str) -> None:
        """Give a place back; whoever comes next has it."""
        self._free += 1
        self._taken[customer_id] -= 1
        if not self._taken[customer_id]:
            del self._taken[customer_id]
        while self._free and (found := self._next()):
            theirs, waiting = found
            if not waiting.done():
                self._give(theirs)
                waiting.set_result(None)

    def _give(self, customer_id: str) -> None:
        self._free -= 1
        self._taken[customer_id] += 1

    def _next(self) -> tuple[str, asyncio.Future[None]] | None:
        if self._first:
            return self._first.popleft()
        customer_id = next((one for one in self._customers if self._taken[one] < self._each), None)
        if customer_id is None:
            return None
        theirs = self._customers.pop(customer_id)
        found = theirs.popleft()
        if theirs:
            self._customers[customer_id] = theirs
        return customer_id, found


class NodeOrder:
    """Places for nodes at work. Without it each of a customer's many turns slows everybody's: they share one processor."""

    def __init__(self, places: int = NODES, slice_seconds: float = SLICE_SECONDS) -> None:
        self._places, self._slice = Places(places, places), slice_seconds

    @asynccontextmanager
    async def place(self, customer_id: str, first: bool) -> AsyncIterator[None]:
        """Wait for a place and keep it while a node is at work, for a slice of time at most."""
        await self._places.take(customer_id, first)
        given = False

        def give() -> None:
            nonlocal given
            if not given:
                given = True
                self._places.leave(customer_id)

        later = asyncio.get_running_loop().call_later(self._slice, give)
        try:
            yield
        finally:
            later.cancel()
            give()


class TurnOrder:
    """Places for turns under way. Without shares one customer's many turns would have them all while they wait for a model."""

    def __init__(self, places: int) -> None:
        self._places = Places(places, max(1, places // SHARE))

    @asynccontextmanager
    async def place(self, customer_id: str, first: bool) -> AsyncIterator[None]:
        """Wait for a place and keep it to the end of the turn; what a person decided waits for none and takes none."""
        if first:
            yield
            return
        await self._places.take(customer_id, False)
        try:
            yield
        finally:
            self._places.leave(customer_id)

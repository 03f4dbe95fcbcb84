"""Slots for activities: nothing more is fetched while something that was fetched has not begun.

The server counts an activity as begun when it hands it over. One that waits inside a worker sends no heartbeat and looks like
a dead worker's: it is run again elsewhere, or here, which makes a slow worker slower. What waits at the server waits in order.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias
from weakref import WeakSet

from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    CustomSlotSupplier,
    ExecuteActivityInput,
    Interceptor,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)

Late: TypeAlias = Callable[[], Awaitable[bool]]
AHEAD, EAGER = 2, 1
"""Polls that are out or have brought an activity that has not begun, and what may come beside them with a workflow's task."""
BETWEEN, QUIET_SECONDS = 2, 1.0
"""Activities that begin from one that comes with a workflow's task to the next, unless none began for so long: the core lets
each of those pass by what polls have brought, and many in a row would keep it waiting beyond its heartbeat."""
FREELY, CALM_SECONDS = 8, 10.0
"""As many come with workflows' tasks where the event loop was not behind for so long: each saves the server a poll."""
LATE_SECONDS, AGAIN_SECONDS = 0.25, 0.5
"""A pass of the event loop that takes longer has more to do than it gets done: nothing is added, and it is looked at again."""
FEW = 8
"""So many activities run however late the loop is: some of them wait for a model, and none may keep all others away."""


class PromptSlots(CustomSlotSupplier):
    """Slots for at most `most` activities at a time, given out as those that were fetched begin.

    What the server hands over takes a slot that was given out before, and the SDK's core may keep it for long before this
    process sees it: so every slot that is out counts, until an activity began on it. The SDK calls this from its own threads,
    too, some of which hold a lock of the core: nothing here waits for anything but the lock of these counts.
    """

    def __init__(self, most: int, ahead: int = AHEAD, eager: int = EAGER, late: Late | None = None) -> None:
        """`late` says whether the event loop is behind; by default it is timed."""
        self._most, self._ahead, self._eager = most, ahead, eager
        self._is_late, self._late = late or passes_late, False
        self._late_at = time.monotonic()
        self._counting = threading.Lock()
        # A permit that the core forgets, as it may where a worker ends, counts no more.
        self._out = WeakSet[SlotPermit]()
        self._running = 0
        self._begun = 0
        """Of those that are out: the ones that run, and the ones that ended and are not released yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Event()
        self._since, self._last = BETWEEN, time.monotonic()
        """How many began since the last slot for what comes with a workflow's task, and when the last one did."""

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """See base class."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._late = await self._is_late()
            if self._late:
                self._late_at = time.monotonic()
            if (permit := self._given(self._ahead)) is not None:
                return permit
            self._room.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS if self._late else None):
                    await self._room.wait()

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:
        """See base class."""
        if time.monotonic() - self._late_at > CALM_SECONDS:
            return self._given(self._ahead + FREELY)
        if self._since < BETWEEN and time.monotonic() - self._last < QUIET_SECONDS:
            return None
        permit = self._given(self._ahead + self._eager)
        self._since = self._since if permit is None else 0
        return permit

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """See base class. It counts as waiting already."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        """See base class."""
        with self._counting:
            self._out.discard(ctx.permit)
            # One that never began, as with arguments that nobody can read, leaves those that did as they are.
            if ctx.slot_info is not None and self._begun > self._running:
                self._begun -= 1
        self._wake()

    def begin(self) -> None:
        """Note that one which was fetched has begun."""
        with self._counting:
            self._running += 1
            self._begun += 1
            self._since, self._last = self._since + 1, time.monotonic()
        self._wake()

    def end(self) -> None:
        """Note that one which had begun is over; its slot is released once that is told to the server."""
        with self._counting:
            self._running -= 1

    def _given(self, ahead: int) -> SlotPermit | None:
        with self._counting:
            most = FEW if self._late else self._most
            if len(self._out) >= most or len(self._out) - self._begun >= ahead:
                return None
            permit = SlotPermit()
            self._out.add(permit)
            return permit

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)


async def passes_late() -> bool:
    """Return whether one pass of the event loop takes long."""
    began = time.monotonic()
    await asyncio.sleep(0)
    return time.monotonic() - began > LATE_SECONDS


class Beginning(Interceptor):
    """Tells slots of each activity that begins, for `Worker(interceptors=[Beginning(slots), …])`: before all others."""

    def __init__(self, slots: PromptSlots) -> None:
        self._slots = slots

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See base class."""
        return BegunActivity(next, self._slots)


class BegunActivity(ActivityInboundInterceptor):
    """Surrounds an activity that took one of the slots."""

    def __init__(self, next: ActivityInboundInterceptor, slots: PromptSlots) -> None:
        super().__init__(next)
        self._slots = slots

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """See base class."""
        if activity.info().is_local:
            return await super().execute_activity(input)
        self._slots.begin()
        try:
            return await super().execute_activity(input)
        finally:
            self._slots.end()

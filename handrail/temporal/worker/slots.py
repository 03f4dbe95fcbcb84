"""Slots for activities: nothing more is fetched while something that was fetched has not begun.

The server counts an activity as begun when it hands it over. One that waits inside a worker sends no heartbeat and looks like
a dead worker's: it is run again elsewhere, or here, which makes a slow worker slower. What waits at the server waits in order.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any
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

AHEAD, EAGER = 4, 2
"""Polls that are out or have brought an activity that has not begun, and what may come beside them with a workflow's task."""


class PromptSlots(CustomSlotSupplier):
    """Slots for at most `most` activities at a time, given out as those that were fetched begin.

    What the server hands over takes a slot that was given out before, and the SDK's core may keep it for long before this
    process sees it: so every slot that is out counts, until an activity began on it. The SDK calls this from its own threads,
    too, some of which hold a lock of the core: nothing here waits for anything but the lock of these counts.
    """

    def __init__(self, most: int, ahead: int = AHEAD, eager: int = EAGER) -> None:
        self._most, self._ahead, self._eager = most, ahead, eager
        self._counting = threading.Lock()
        # A permit that the core forgets, as it may where a worker ends, counts no more.
        self._out = WeakSet[SlotPermit]()
        self._running = 0
        self._begun = 0
        """Of those that are out: the ones that run, and the ones that ended and are not released yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Event()

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """See base class."""
        self._loop = asyncio.get_running_loop()
        while (permit := self._given(self._ahead)) is None:
            self._room.clear()
            await self._room.wait()
        return permit

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:
        """See base class."""
        return self._given(self._ahead + self._eager)

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
        self._wake()

    def end(self) -> None:
        """Note that one which had begun is over; its slot is released once that is told to the server."""
        with self._counting:
            self._running -= 1

    def _given(self, ahead: int) -> SlotPermit | None:
        with self._counting:
            if len(self._out) >= self._most or len(self._out) - self._begun >= ahead:
                return None
            permit = SlotPermit()
            self._out.add(permit)
            return permit

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)


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

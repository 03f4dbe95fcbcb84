"""A read that is made once for everybody who asks at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class SharedRead(Generic[Found]):
    """Runs `read`, once for all who ask while another run is under way.

    Each gets what a run found that began after they had asked, never before: sharing it makes no answer older. Whoever is
    cancelled leaves the run to the others. Not for use from several event loops.
    """

    def __init__(self, read: Callable[[], Awaitable[Found]]) -> None:
        self._read = read
        self._under_way: asyncio.Task[Found] | None = None
        self._next: asyncio.Task[Found] | None = None

    async def now(self) -> Found:
        """Return what is found from now on. Raises: see `read`; the same for all who share it."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._under_way))
            self._next.add_done_callback(heard)
        return await asyncio.shield(self._next)

    async def _after(self, before: asyncio.Task[Found] | None) -> Found:
        if before is not None and not before.done():
            await asyncio.wait([before])
        # From here on nobody joins any more: no await stands between this and the read.
        self._under_way, self._next = self._next, None
        return await self._read()


def heard(task: asyncio.Task[Found]) -> None:
    """Take note of how a task ended, also where nobody waits for it any more."""
    if not task.cancelled():
        task.exception()

"""Work beside the main one that has to go on: supervised, so that no error ends it without a word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
_log = logging.getLogger("handrail.background")


@asynccontextmanager
async def supervised(
    name: str, work: Callable[[], Awaitable[object]], first_pause: float = FIRST_PAUSE
) -> AsyncIterator[None]:
    """Run `work` for as long as the block lasts; where it ends or raises, begin it again after a growing pause."""
    task = asyncio.create_task(_again_and_again(name, work, first_pause), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _again_and_again(name: str, work: Callable[[], Awaitable[object]], first_pause: float) -> None:
    pause = first_pause
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await work()
            _log.error("%s ended, which it never should; it begins again in %g s", name, pause)
        except Exception:  # noqa: BLE001 - the others go on
            _log.exception("%s failed; it begins again in %g s", name, pause)
        await asyncio.sleep(pause)
        pause = first_pause if loop.time() - began > LONGEST_PAUSE + pause else min(pause * 2, LONGEST_PAUSE)

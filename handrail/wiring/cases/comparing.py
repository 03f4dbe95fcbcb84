"""The record held against Temporal while a worker polls."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from handrail.background import Say, silent
from handrail.temporal.repair.reconcile import Reconciler

LATE = timedelta(minutes=10)
"""So late may the server's lists tell that a run has ended."""
REST = 19
"""So many times as long as a look took nothing is looked at: comparing takes at most a twentieth of the time."""
_log = logging.getLogger("handrail.reconcile")


async def compare_forever(
    reconciler: Reconciler, every: float, say: Say = silent, clock: Callable[[], float] = time.monotonic
) -> None:
    """Compare and mend every so many seconds, until cancelled, and `say` how it goes; one process at a time.

    The first look of this process is at all cases, later ones at what can differ since. Where a look takes long, the next
    waits longer, too. What fails is tried again.
    """
    since, pause = None, every
    while True:
        await asyncio.sleep(pause)
        began, now = clock(), datetime.now(UTC)
        try:
            if await reconciler.alone(since) is not None:
                since = now - LATE
            say(None)
        except Exception as error:  # noqa: BLE001 - it goes on, whatever one look met
            say(f"cannot compare the record with Temporal: {type(error).__name__}: {error}")
            _log.warning("cannot compare the record with Temporal just now: %s: %s", type(error).__name__, error)
        pause = max(every, REST * (clock() - began))

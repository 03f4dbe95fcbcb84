"""Asking a server again that is too busy to do what it is asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

Answer = TypeVar("Answer")
PATIENCE = 60.0
"""Seconds for which a change of a deployment is asked for again."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two tries; the last counts for all that follow."""
UNWELL = (
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.ABORTED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.DATA_LOSS,
    RPCStatusCode.UNKNOWN,
)
"""What a server says that can do nothing just now; the last where its own database refuses, as with a full disk."""
BUSY = (*UNWELL, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""The last is what a call ends with whose connection was given up, as that to a server which does not answer for long."""


async def patiently(
    ask: Callable[[], Awaitable[Answer]], patience: float = PATIENCE, pauses: tuple[float, ...] = PAUSES
) -> Answer:
    """Ask until the server answers, for so many seconds. What is asked for must be the same whether it is done once or twice.

    Raises:
        RPCError: it says no, or it is busy still.
    """
    began, tries = time.monotonic(), 0
    while True:
        try:
            return await ask()
        except RPCError as error:
            pause = pauses[min(tries, len(pauses) - 1)]
            if error.status not in BUSY or time.monotonic() + pause > began + patience:
                raise
        tries += 1
        await asyncio.sleep(pause)

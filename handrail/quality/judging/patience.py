"""Patience with a model that people wait for nowhere: it is asked again where its server is away for a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from handrail.domain.errors import ModelUnavailable

TRIES = 4
LONGEST_WAIT = 60.0
Answer = TypeVar("Answer")
Sleep = Callable[[float], Awaitable[None]]


async def patiently(ask: Callable[[], Awaitable[Answer]], sleep: Sleep) -> Answer:
    """Ask, and again where the server is away for a moment or asks for a little patience.

    Raises:
        ModelUnavailable: it is away for longer, or asks for more than a minute.
    """
    for tried in range(1, TRIES):
        try:
            return await ask()
        except ModelUnavailable as away:
            wait = away.wait or float(2**tried)
            if wait > LONGEST_WAIT:
                raise
        await sleep(wait)
    return await ask()

"""Work that nobody may have to wait for: done beside the event loop, and given up where it takes too long or fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

SECONDS = 2.0
_log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


async def within(seconds: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Do `work` in a thread; None where it raised or took longer than `seconds`, which the log says.

    A thread that is given up runs on to its end: `work` must be bounded by itself.
    """
    try:
        return await asyncio.wait_for(asyncio.to_thread(work, *args, **kwargs), seconds)
    except TimeoutError:
        _log.error("%s took longer than %g seconds and was given up", work.__name__, seconds)
    except Exception:  # noqa: BLE001 - whatever it was, nobody waits for it
        _log.exception("%s failed and was left out", work.__name__)
    return None

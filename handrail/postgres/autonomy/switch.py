"""Word of changed controls, as PostgreSQL sends it to every worker at the moment of their commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from psycopg import OperationalError

from handrail.background import Say, silent
from handrail.postgres.pool import listen

PAUSE_SECONDS = 1.0
_log = logging.getLogger("handrail.switch")


async def forever(url: str, look: Callable[[], Awaitable[None]], say: Say = silent) -> None:
    """Call `look` after every change, until cancelled, and `say` how it goes; a server that is away is asked again."""
    while True:
        try:
            async for _ in listen(url, "listen_controls"):
                await look()
                say(None)
        except OperationalError as error:
            _log.warning("cannot listen for changed controls: %s", error)
            say(f"cannot listen for changed controls: {error}")
        await asyncio.sleep(PAUSE_SECONDS)

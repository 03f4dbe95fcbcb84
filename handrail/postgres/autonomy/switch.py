"""Word of changed controls, as PostgreSQL sends it to every worker at the moment of their commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from psycopg import AsyncConnection, OperationalError

from handrail.background import Say, silent
from handrail.postgres.pool import OPTIONS
from handrail.postgres.queries import QUERIES

BEAT_SECONDS = 10.0
"""After so long a silence the connection is asked whether it is there."""
PAUSE_SECONDS = 1.0
_log = logging.getLogger("handrail.switch")


async def changes(url: str) -> AsyncIterator[None]:
    """Yield once this listens, and then after every change of the controls, now and then without one.

    Raises:
        psycopg.OperationalError: the server is away.
    """
    async with await AsyncConnection.connect(url, autocommit=True, **OPTIONS) as connection:
        await connection.execute(QUERIES["listen_controls"])
        while True:
            yield
            heard = [one async for one in connection.notifies(timeout=BEAT_SECONDS, stop_after=1)]
            if not heard:
                await connection.execute(QUERIES["still_there"])


async def forever(url: str, look: Callable[[], Awaitable[None]], say: Say = silent) -> None:
    """Call `look` after every change, until cancelled, and `say` how it goes; a server that is away is asked again."""
    while True:
        try:
            async for _ in changes(url):
                await look()
                say(None)
        except OperationalError as error:
            _log.warning("cannot listen for changed controls: %s", error)
            say(f"cannot listen for changed controls: {error}")
        await asyncio.sleep(PAUSE_SECONDS)

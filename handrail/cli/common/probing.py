"""A look whether anything answers where PostgreSQL is to be, before a pool tries for long."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

PATIENCE_SECONDS = 3.0


async def probe(url: str) -> None:
    """Say at once that nothing answers, where a pool would go on trying.

    Raises:
        Unreachable: nothing answers at any of the places.
    """
    from handrail.temporal.connect import Unreachable

    found = places(url)
    if found and not any(await asyncio.gather(*(answers(*one) for one in found))):
        named = " or ".join(f"{host}:{port}" for host, port in found)
        raise Unreachable(
            f"No PostgreSQL answers at {named}. Start the stack with `handrail up`, or set HANDRAIL_DATABASE_URL."
        )


def places(url: str) -> list[tuple[str, int]]:
    """Return the servers that a URL names: several for a failover, none where it names a socket or stands in other words."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    named = (urlsplit(f"//{one}") for one in authority.rpartition("@")[2].split(","))
    return [(one.hostname, one.port or 5432) for one in named if one.hostname]


async def answers(host: str, port: int) -> bool:
    """Return whether anything takes a connection there."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True

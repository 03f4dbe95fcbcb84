"""The state of the database itself, as the doctor asks for it."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection, OperationalError

from handrail.business import Business
from handrail.postgres import migrations
from handrail.postgres.pool import Pool, alone

CONNECT_SECONDS = 3


async def refusal(url: str) -> str:
    """Return in words why no connection is made to `url`; empty where one is."""
    try:
        await (await AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS)).close()
    except OperationalError as error:
        return " ".join(str(error).split())
    return ""


async def clock(pool: Pool) -> datetime:
    """Return the server's time, now."""
    [row] = await alone(pool, "server_clock")
    found: datetime = row["now"]
    return found


async def lacking(pool: Pool, business: Business) -> list[str]:
    """List the migrations, Handrail's own and the business's, that the database lacks, as `series/name`.

    Raises:
        DefinitionInvalid: the files do not go with what was applied before.
    """
    own = await migrations.lacking_own(pool)
    fresh = len(own) == len(migrations.load(migrations.OWN, migrations.FOLDER))
    return own if fresh else [*own, *await migrations.lacking(pool, business)]

"""The state of the database itself, as the doctor asks for it."""

from __future__ import annotations

from datetime import datetime

from handrail.business import Business
from handrail.postgres import migrations
from handrail.postgres.connections import check_writes
from handrail.postgres.pool import Pool, alone


async def takes_writes(pool: Pool) -> None:
    """Ask the server whether it lets anything be written now.

    Raises:
        TakesNoWrites: it does not.
        psycopg.OperationalError: it is away.
    """
    async with pool.connection() as connection:
        await check_writes(connection)


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

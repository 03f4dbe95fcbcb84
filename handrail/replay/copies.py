"""Fills the throw-away database: by the business's own seed, or from the database in use, which is only read."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from handrail.business import Business, seeded
from handrail.domain.errors import InvalidInput
from handrail.embedded.dumps import copy_database
from handrail.postgres import owner
from handrail.postgres.migrations import OWN, lacking, migrate
from handrail.postgres.pool import open_pool, writing


async def seed_copy(copy: str, business: Business, at: datetime) -> None:
    """Migrate and seed the database at the URL `copy`, as it is to be at a time.

    Raises:
        InvalidInput: the business has no seed, so nobody would be known.
    """
    if business.seed is None:
        words = f"The business {business.name} has no seed, so a new database knows no customer."
        raise InvalidInput(f"{words} Take a copy of the one in use: --from-stack.")
    await migrate(copy, business, datetime.now(UTC))
    pool = await open_pool(copy, size=1)
    try:
        async with writing(pool) as connection:
            await seeded(business, connection, at)
    finally:
        await pool.close()


async def duplicate(copy: str, business: Business, source: str) -> None:
    """Copy everything but Handrail's own record from the database at `source`: past begins anew, no control holds.

    Raises:
        InvalidInput: it is another business's, or lacks a migration.
        StackFailed: it cannot be read, or its content does not fit into the copy.
    """
    pool = await open_pool(source, size=1)
    try:
        await owner.check(pool, business)
        if lacks := await lacking(pool, business):
            raise InvalidInput(f"The database in use lacks {', '.join(lacks)}. Run `handrail migrate` first.")
    finally:
        await pool.close()
    await migrate(copy, replace(business, migrations=None), datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="handrail-dump-") as folder:
        copy_database(source, copy, Path(folder) / "dump", without=OWN)

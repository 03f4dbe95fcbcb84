"""The owner of a database: stamped by the first migration of a business, checked at every connection."""

from __future__ import annotations

from datetime import datetime

from handrail.business import Business
from handrail.domain.errors import InvalidInput
from handrail.domain.ownership import belongs_to_another
from handrail.postgres.pool import Connection, Pool, reading
from handrail.postgres.queries import QUERIES


async def check(pool: Pool, business: Business) -> None:
    """Raises: InvalidInput: the database is stamped as another business's."""
    async with reading(pool) as connection:
        await check_stamp(connection, business)


async def check_stamp(connection: Connection, business: Business) -> None:
    """See `check`; a database without a stamp is nobody's yet."""
    known = await (await connection.execute(QUERIES["owner_known"])).fetchone()
    stamp = await (await connection.execute(QUERIES["owner"])).fetchone() if known and known[0] else None
    if stamp is not None and stamp[0] != business.name:
        raise InvalidInput(belongs_to_another("this database", stamp[0], stamp[1], business.name))


async def check_series(connection: Connection, business: Business, own: str) -> None:
    """The same for a database from before the stamp: another business's migrations were applied to it.

    Raises:
        InvalidInput: they were, and none of this business's.
    """
    found = await (await connection.execute(QUERIES["other_series"], {"ours": [own]})).fetchall()
    others = [series for (series,) in found]
    if others and business.name not in others:
        raise InvalidInput(belongs_to_another("this database", others[0], "", business.name))


async def stamp(connection: Connection, business: Business, package: str, at: datetime) -> None:
    """Stamp a database that is nobody's yet; the package that brings the business may change, the business never."""
    await connection.execute(QUERIES["stamp_owner"], {"name": business.name, "package": package, "at": at})

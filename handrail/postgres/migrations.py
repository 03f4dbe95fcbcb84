"""Migrations: SQL files in order, each applied once and in its own transaction.

A file is named `0001_words.sql`. What was applied is kept with its checksum, per series: Handrail's own and the business's
count apart. Only one process migrates at a time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg import AsyncConnection

from handrail.business import Business
from handrail.domain.errors import DefinitionInvalid
from handrail.postgres import owner
from handrail.postgres.connections import check_writes
from handrail.postgres.pool import Connection, Pool, reading
from handrail.postgres.queries import QUERIES

FOLDER = Path(__file__).parent / "migrations"
OWN = "handrail"
ADVISORY_LOCK = 7_240_118_322_904_155
_FILE = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file; `checksum` is the SHA-256 of its text with Unix line ends."""

    series: str
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.series}/{self.name}"


def load(series: str, folder: Path) -> list[Migration]:
    """The folder's migrations in order.

    Raises:
        DefinitionInvalid: no file, a name that is not `0001_words.sql`, or a number that comes twice.
    """
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise DefinitionInvalid(f"{series}: {folder.name}/ holds no migrations; expected files such as 0001_start.sql.")
    taken: dict[str, str] = {}
    for file in files:
        named = _FILE.fullmatch(file.name)
        if not named:
            raise DefinitionInvalid(f"{series}/{file.name}: is no migration's name; use four digits, '_' and words.")
        other = taken.setdefault(named["number"], file.name)
        if other != file.name:
            raise DefinitionInvalid(f"{series}/{file.name}: has the number of {other}; give it the next free one.")
    return [Migration(series, file.name, file.read_text(encoding="utf-8")) for file in files]


async def migrate(url: str, business: Business, at: datetime, package: str = "") -> list[str]:
    """Bring the database to the state that this version of Handrail and of the business expect.

    Gives what was applied, as `series/name`; nothing where all of it stood already. The database is stamped as the
    business's; `package` is what HANDRAIL_BUSINESS named.

    Raises:
        InvalidInput: it belongs to another business; nothing was applied.
        DefinitionInvalid: the files do not go with what was applied before; see `pending`.
        TakesNoWrites: the server lets nothing be written now.
        psycopg.Error: a file failed; it changed nothing, the ones before it stay.
    """
    wanted = [load(OWN, FOLDER)]
    if business.migrations is not None:
        if business.name == OWN:
            raise DefinitionInvalid(f"business: the name {OWN!r} is taken by Handrail's own migrations; use another.")
        wanted.append(load(business.name, business.migrations))
    done: list[str] = []
    async with await AsyncConnection.connect(url, autocommit=True, application_name="handrail-migrations") as connection:
        await check_writes(connection)
        await connection.execute(QUERIES["lock_migrations"], {"key": ADVISORY_LOCK})
        await connection.execute(QUERIES["prepare_migrations"])
        await owner.check_stamp(connection, business)
        if business.migrations is not None:
            await owner.check_series(connection, business, OWN)
        plan = [migration for series in wanted for migration in await _pending(connection, series)]
        for migration in plan:
            await _apply(connection, migration, at)
            done.append(str(migration))
        await owner.stamp(connection, business, package, at)
    return done


async def lacking_own(pool: Pool) -> list[str]:
    """List Handrail's own migrations that the database lacks; all of them where it was never migrated.

    Raises:
        DefinitionInvalid: the files do not go with what was applied before.
    """
    wanted = load(OWN, FOLDER)
    async with reading(pool) as connection:
        known = await (await connection.execute(QUERIES["migrations_known"])).fetchone()
        return [str(one) for one in (await _pending(connection, wanted) if known and known[0] else wanted)]


async def lacking(pool: Pool, business: Business) -> list[str]:
    """List the business's migrations that the database lacks, as `series/name`.

    Raises:
        DefinitionInvalid: the files do not go with what was applied before.
    """
    if business.migrations is None:
        return []
    async with reading(pool) as connection:
        return [str(one) for one in await _pending(connection, load(business.name, business.migrations))]


def pending(wanted: list[Migration], applied: dict[str, str]) -> Iterator[Migration]:
    """Yield the migrations of `wanted` that are still to be applied; `applied` is name to checksum.

    Raises:
        DefinitionInvalid: an applied file was changed or is gone, or a new file is numbered before an applied one.
    """
    gone = sorted(set(applied) - {migration.name for migration in wanted})
    if gone:
        raise DefinitionInvalid(
            f"{wanted[0].series}/{gone[0]}: was applied to this database but is not here; "
            "it was made by a newer version, run that one."
        )
    newest = max(applied, default="")
    for migration in wanted:
        if migration.name not in applied:
            if migration.name < newest:
                raise DefinitionInvalid(f"{migration}: comes before {newest}, which was applied; give it a higher number.")
            yield migration
        elif applied[migration.name] != migration.checksum:
            raise DefinitionInvalid(
                f"{migration}: was changed after it was applied; restore it and put the change into a new file."
            )


async def _pending(connection: Connection, wanted: list[Migration]) -> list[Migration]:
    cursor = await connection.execute(QUERIES["applied_migrations"], {"series": wanted[0].series})
    return list(pending(wanted, dict(await cursor.fetchall())))


async def _apply(connection: Connection, migration: Migration, at: datetime) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql.encode())
        await connection.execute(
            QUERIES["record_migration"],
            {"series": migration.series, "name": migration.name, "checksum": migration.checksum, "applied_at": at},
        )

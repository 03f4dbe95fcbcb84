"""Migrating: from nothing, again, concurrently, with files that do not fit; and that it ends in schema.sql."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from handrail.domain.errors import DefinitionInvalid
from handrail.embedded.postgres import Postgres
from handrail.postgres import migrations
from handrail.postgres.migrations import migrate
from handrail.postgres.queries import QUERIES
from tests.postgres.build import NOON
from tests.postgres.wallets import business

OWN = [str(migration) for migration in migrations.load(migrations.OWN, migrations.FOLDER)]
SCHEMA = Path(migrations.__file__).parent / "schema.sql"
CATALOG = Path(__file__).parent / "catalog.sql"


@pytest.fixture
def empty_url(postgres: Postgres, postgres_url: str) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield postgres.url_of(name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_start.sql").write_text("CREATE TABLE started (n integer)")
    return tmp_path


def catalog(url: str) -> list[tuple[str, ...]]:
    """Every column, constraint, index, trigger, function and view of the schema, as PostgreSQL words them."""
    with psycopg.connect(url) as connection:
        return connection.execute(CATALOG.read_bytes()).fetchall()


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


async def test_migrating_from_nothing_ends_in_the_schema(
    postgres: Postgres, postgres_url: str, empty_url: str, database_url: str
) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute(QUERIES["prepare_migrations"])
        connection.execute(SCHEMA.read_bytes())
    described = catalog(empty_url)
    assert described == catalog(database_url)
    kinds = {kind for kind, *_ in described}
    assert kinds == {"column", "constraint", "index", "trigger", "function", "view", "comment"}
    with psycopg.connect(empty_url) as connection:
        connection.execute("ALTER TABLE handrail.cases ALTER COLUMN turn SET DEFAULT 1")
    assert catalog(empty_url) != described


async def test_events_are_told_while_their_kinds_are_validated(empty_url: str) -> None:
    """Whoever adds a CHECK holds everybody off until the end of their transaction, so it reads no rows in that one."""
    own = migrations.load(migrations.OWN, migrations.FOLDER)
    (validating,) = (one for one in own if one.name.endswith("_event_kinds_validated.sql"))
    with psycopg.connect(empty_url) as ours, psycopg.connect(empty_url, autocommit=True) as others:
        ours.execute(QUERIES["prepare_migrations"])
        for one in own[: own.index(validating)]:
            ours.execute(one.sql.encode())
        ours.commit()
        assert not validated(others)
        ours.execute(validating.sql.encode())
        others.execute("SET lock_timeout = '1s'")
        others.execute("INSERT INTO handrail.case_event SELECT * FROM handrail.case_event")
        ours.commit()
        assert validated(others)


def validated(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'case_event_kind'").fetchone()
    return bool(found and found[0])


async def test_everything_is_applied_once_and_in_order(empty_url: str) -> None:
    assert await migrate(empty_url, business, NOON) == [*OWN, "wallets/0001_wallets.sql"]
    assert await migrate(empty_url, business, NOON) == []
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("SELECT DISTINCT applied_at, length(checksum) FROM handrail.migrations").fetchall()
    assert found == [(NOON, 64)]


async def test_a_business_without_migrations(empty_url: str) -> None:
    assert await migrate(empty_url, replace(business, migrations=None), NOON) == OWN


async def test_only_one_migrates_at_a_time(empty_url: str) -> None:
    done = await asyncio.gather(*(migrate(empty_url, business, NOON) for _ in range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, len(OWN) + 1]


async def test_a_changed_file_is_refused(empty_url: str, folder: Path) -> None:
    ours = replace(business, migrations=folder)
    await migrate(empty_url, ours, NOON)
    (folder / "0001_start.sql").write_text("CREATE TABLE started (n bigint)")
    (folder / "0002_more.sql").write_text("CREATE TABLE more (n integer)")
    with pytest.raises(DefinitionInvalid, match=r"^wallets/0001_start.sql: was changed after it was applied; restore it"):
        await migrate(empty_url, ours, NOON)
    assert tables(empty_url) == {"started"}


async def test_other_line_ends_are_no_change(empty_url: str, folder: Path) -> None:
    ours = replace(business, migrations=folder)
    file = folder / "0001_start.sql"
    file.write_bytes(b"CREATE TABLE started (\n n integer)\n")
    await migrate(empty_url, ours, NOON)
    file.write_bytes(b"CREATE TABLE started (\r\n n integer)\r\n")
    assert await migrate(empty_url, ours, NOON) == []


async def test_a_file_that_fails_changes_nothing_and_stops_the_rest(empty_url: str, folder: Path) -> None:
    ours = replace(business, migrations=folder)
    (folder / "0002_wrong.sql").write_text("CREATE TABLE half (n integer); SELECT nonsense;")
    (folder / "0003_more.sql").write_text("CREATE TABLE more (n integer)")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await migrate(empty_url, ours, NOON)
    assert tables(empty_url) == {"started"}
    (folder / "0002_wrong.sql").write_text("CREATE TABLE half (n integer)")
    assert await migrate(empty_url, ours, NOON) == ["wallets/0002_wrong.sql", "wallets/0003_more.sql"]


async def test_a_database_of_a_newer_version_is_refused(empty_url: str, folder: Path) -> None:
    ours = replace(business, migrations=folder)
    (folder / "0002_more.sql").write_text("SELECT 1")
    await migrate(empty_url, ours, NOON)
    (folder / "0002_more.sql").unlink()
    with pytest.raises(DefinitionInvalid, match=r"^wallets/0002_more.sql: was applied .* newer version, run that one"):
        await migrate(empty_url, ours, NOON)


async def test_a_file_in_between_is_refused(empty_url: str, folder: Path) -> None:
    ours = replace(business, migrations=folder)
    (folder / "0003_more.sql").write_text("SELECT 1")
    await migrate(empty_url, ours, NOON)
    (folder / "0002_late.sql").write_text("SELECT 1")
    with pytest.raises(DefinitionInvalid, match=r"^wallets/0002_late.sql: comes before 0003_more.sql, .* higher number"):
        await migrate(empty_url, ours, NOON)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "holds no migrations"),
        (["start.sql"], "start.sql: is no migration's name"),
        (["0001_a.sql", "0001_b.sql"], "0001_b.sql: has the number of 0001_a.sql"),
    ],
)
def test_names_that_do_not_fit(tmp_path: Path, names: list[str], words: str) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(DefinitionInvalid, match=words):
        migrations.load("wallets", tmp_path)


async def test_the_own_name_is_taken(empty_url: str) -> None:
    with pytest.raises(DefinitionInvalid, match="'handrail' is taken"):
        await migrate(empty_url, replace(business, name="handrail"), NOON)

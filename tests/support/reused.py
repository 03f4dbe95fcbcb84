"""Databases that tests use one after another; each finds what the template holds.

Making a database and dropping it costs a quarter of a second of the processors' time, putting one back a few hundredths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

OWN = 16_384
"""The first number that PostgreSQL gives to what users make."""
LARGE = 4_000_000
"""Bytes of its tables over which a database is made anew: deleted rows still have to be read over."""
CATALOGUES = (
    "pg_class",
    "pg_attrdef",
    "pg_cast",
    "pg_constraint",
    "pg_default_acl",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_namespace",
    "pg_operator",
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_trigger",
    "pg_type",
)
TABLES = """
select n.nspname, c.relname from pg_class c inner join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.oid >= %s and n.nspname !~ '^pg_' order by 1, 2
"""
SEQUENCES = "select schemaname, sequencename, start_value, last_value from pg_sequences order by 1, 2"
OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""
Name = tuple[str, str]


@dataclass
class _Standing:
    """A database as the template made it: its schema, its sequences, and the rows of tables that are not empty."""

    name: str
    connection: psycopg.Connection[Any]
    schema: str
    tables: list[Name]
    sequences: list[tuple[Any, ...]]
    rows: dict[Name, bytes]


class ReusedDatabases:
    """One database per template, which tests take one after another. `url_of` gives a database's address."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._url_of = url_of
        self._standing: dict[str, _Standing] = {}

    @contextmanager
    def taken(self, template: str, *, own: bool = False) -> Iterator[str]:
        """The address of a database that is as the template; what the block does to it is undone.

        With `own`, nobody has had it: deleted rows still count where PostgreSQL chooses a plan by the size of a table.
        """
        standing = None if own else self._standing.pop(template, None)
        standing = standing or self._made(template)
        try:
            yield self._url_of(standing.name)
        finally:
            if not own and put_back(standing):
                self._standing[template] = standing
            else:
                self._drop(standing)

    def close(self) -> None:
        """Drop what stands."""
        while self._standing:
            self._drop(self._standing.popitem()[1])

    def _made(self, template: str) -> _Standing:
        name = f"test_{uuid4().hex}"
        self._admin("create database {} template {}", name, template)
        connection = psycopg.connect(self._url_of(name), autocommit=True)
        connection.execute("set session_replication_role = replica")  # no trigger keeps rows, no key looks at others
        tables = [(schema, table) for schema, table in connection.execute(TABLES, [OWN])]
        rows = {table: copied(connection, table) for table in filled(connection, tables)}
        return _Standing(name, connection, schema_of(connection), tables, connection.execute(SEQUENCES).fetchall(), rows)

    def _drop(self, standing: _Standing) -> None:
        standing.connection.close()
        self._admin("drop database if exists {} with (force)", standing.name)

    def _admin(self, statement: Any, *names: str) -> None:
        with psycopg.connect(self._url_of("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def put_back(standing: _Standing) -> bool:
    """Put a database back; return False where its schema was changed, too much was written, or it is gone."""
    try:
        standing.connection.execute(OTHERS)
        if schema_of(standing.connection) != standing.schema:
            return False
        _put_rows_back(standing)
    except psycopg.OperationalError:  # the test ended all sessions of its database, or dropped it
        return False
    size = "select coalesce(sum(pg_relation_size(oid)), 0) from pg_class where oid >= %s and relkind in ('r', 't')"
    return bool(standing.connection.execute(size, [OWN]).fetchall()[0][0] < LARGE)


def _put_rows_back(standing: _Standing) -> None:
    connection = standing.connection
    with connection.transaction():
        for table in filled(connection, standing.tables):
            if table not in standing.rows:
                connection.execute(sql.SQL("delete from {}").format(sql.Identifier(*table)))
        for table, rows in standing.rows.items():
            if copied(connection, table) != rows:
                connection.execute(sql.SQL("delete from {}").format(sql.Identifier(*table)))
                with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(*table))) as copy:
                    copy.write(rows)
        for schema, name, start, _ in set(connection.execute(SEQUENCES)) - set(standing.sequences):
            before = next(one[3] for one in standing.sequences if one[:2] == (schema, name))
            wanted = sql.Identifier(schema, name).as_string(connection)
            connection.execute("select setval(%s, %s, %s)", [wanted, before or start, before is not None])


def filled(connection: psycopg.Connection[Any], tables: list[Name]) -> list[Name]:
    """Return the tables that have rows."""
    asked = sql.SQL(" union all ").join(
        sql.SQL("select {} where exists (select from {})").format(sql.Literal(number), sql.Identifier(*table))
        for number, table in enumerate(tables)
    )
    return [tables[number] for (number,) in connection.execute(asked)]


def copied(connection: psycopg.Connection[Any], table: Name) -> bytes:
    """Return a table's rows as PostgreSQL copies them out."""
    with connection.cursor().copy(sql.SQL("copy {} to stdout").format(sql.Identifier(*table))) as copy:
        return b"".join(bytes(part) for part in copy)


def schema_of(connection: psycopg.Connection[Any]) -> str:
    """Return a digest of all that stands in the catalogues: which transaction wrote each line that users made."""
    parts = [
        sql.SQL("select {}, count(*), sum(hashtextextended(oid || ' ' || xmin, 0)) from {} where oid >= {}").format(
            sql.Literal(name), sql.Identifier(name), sql.Literal(OWN)
        )
        for name in CATALOGUES
    ]
    more = (
        ("pg_attribute", "attrelid || ' ' || attnum || ' ' || xmin", "attrelid >= 16384"),
        ("pg_index", "indexrelid || ' ' || xmin", "indexrelid >= 16384"),
        ("pg_statistic", "starelid || ' ' || staattnum || ' ' || xmin", "starelid >= 16384"),
        ("pg_depend", "objid || ' ' || refobjid || ' ' || xmin", "objid >= 16384"),
        ("pg_db_role_setting", "setdatabase || ' ' || setrole || ' ' || xmin", "true"),
        ("pg_description", "objoid || ' ' || objsubid || ' ' || xmin", "objoid >= 16384"),
        ("pg_seclabel", "objoid || ' ' || objsubid", "true"),
    )
    for name, key, which in more:
        line = sql.SQL("select {}, count(*), sum(hashtextextended(" + key + ", 0)) from {} where " + which)
        parts.append(line.format(sql.Literal(name), sql.Identifier(name)))
    return repr(connection.execute(sql.SQL(" union all ").join(parts)).fetchall())

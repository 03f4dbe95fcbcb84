"""A database that a test has used is as the template again for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql

from handrail.embedded.postgres import Postgres
from tests.support.reused import ReusedDatabases

TEMPLATE = "reused_template"
MADE = """
create table parent (id bigint generated always as identity primary key, word text not null);
create table child (parent bigint not null references parent, word text, twice text generated always as (word || word) stored);
insert into parent (word) values ('first'), (E'tab\\tand\\nline');
create function kept() returns trigger language plpgsql as $$ begin raise 'rows of this table stay'; end $$;
create trigger kept before delete or truncate on child execute function kept();
"""
SEEN = "select (select json_agg(p order by id) from parent p), (select json_agg(c) from child c)"
ADD = "insert into parent (word) values ('new'); insert into child values (1, 'a'), (3, 'b')"


@pytest.fixture(scope="module")
def databases(postgres: Postgres, postgres_url: str) -> Iterator[ReusedDatabases]:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(postgres.url_of(TEMPLATE)) as connection:
        connection.execute(MADE)
    found = ReusedDatabases(postgres.url_of)
    yield found
    found.close()


def used(databases: ReusedDatabases, *statements: str) -> tuple[str, list[tuple[object, ...]]]:
    """The database's name, and what it held before the statements; one session stays open in it."""
    with ExitStack() as after, databases.taken(TEMPLATE) as url:
        connection = psycopg.connect(url, autocommit=True)
        after.callback(connection.close)
        before = connection.execute(SEEN).fetchall()
        for statement in statements:
            connection.execute(statement.encode())
        return url, before


@pytest.mark.parametrize(
    ("statement", "same"),
    [
        (ADD, True),
        ("update parent set word = 'changed' where id = 1", True),
        ("delete from parent where id = 2", True),
        ("select nextval('parent_id_seq')", True),
        ("begin; lock table child in access exclusive mode", True),
        ("alter table child add column more text", False),
        ("create index on child (word)", False),
        ("create or replace function kept() returns trigger language plpgsql as 'begin return null; end'", False),
        ("alter table child disable trigger kept", False),
        ("analyze parent", False),
        ("comment on table child is 'small'", False),
        ("revoke all on child from postgres", False),
        ("insert into child select 1, repeat('x', 400) from generate_series(1, 9000)", False),
    ],
)
def test_the_next_one_finds_it_as_it_was_made(databases: ReusedDatabases, statement: str, same: bool) -> None:
    fresh, before = used(databases)
    assert used(databases, statement) == (fresh, before), "an unchanged one is taken again"
    then, found = used(databases, "insert into parent (word) values ('third')")
    assert found == before
    assert (then == fresh) is same
    with databases.taken(TEMPLATE) as url, psycopg.connect(url, autocommit=True) as connection:
        added = connection.execute("insert into parent (word) values ('third') returning id").fetchone()
        assert added == (3,)
        with pytest.raises(psycopg.errors.RaiseException, match="rows of this table stay"):
            connection.execute("delete from child")


def test_one_that_is_gone_or_shut_is_made_anew(databases: ReusedDatabases, postgres_url: str) -> None:
    fresh, before = used(databases)
    with databases.taken(TEMPLATE) as url, psycopg.connect(postgres_url, autocommit=True) as admin:
        assert url == fresh
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(url.rpartition("/")[2])))
    assert used(databases)[1] == before

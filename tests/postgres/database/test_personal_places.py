"""Every column that could hold words or bytes is in the registry: a new table or column fails here until it stands there."""

from __future__ import annotations

import psycopg

from handrail.domain.personal.places import places, tables

TEXTS = ("text", "json", "jsonb", "bytea", "character varying", "character", "name", "xml", "ARRAY", "USER-DEFINED")
COLUMNS = """
SELECT c.table_name, c.column_name
FROM information_schema.columns AS c
INNER JOIN information_schema.tables AS t ON c.table_schema = t.table_schema AND c.table_name = t.table_name
WHERE c.table_schema = 'handrail' AND t.table_type = 'BASE TABLE' AND c.data_type = ANY(%(kinds)s)
    AND c.udt_name NOT IN ('_int4', '_float8', 'xid8')
"""


def test_every_column_of_words_or_bytes_is_classified(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        there = {(table, column) for table, column in connection.execute(COLUMNS, {"kinds": list(TEXTS)}).fetchall()}
    registered = {(name, column) for name, one in tables().items() for column in (*one.person, *one.none)}
    assert there - registered == set(), "classify these in handrail/domain/personal/places.toml"
    assert registered - there == set(), "these are gone; take them out of handrail/domain/personal/places.toml"


def test_what_may_hold_a_person_says_how_it_is_found_and_forgotten() -> None:
    for name, one in tables().items():
        assert not set(one.person) & set(one.none), name
        assert bool(one.person) == bool(one.holds and one.found_by and one.forgetting), name
    assert {"deleted", "blanked", "shredded"} == {one.forgetting for one in tables().values() if one.person}
    assert any("backups" in one.place for one in places())

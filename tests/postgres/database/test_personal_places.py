"""The registry of places is the whole of it: every column stands in it, and a planted row is given out and forgotten by it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from handrail.domain.personal.places import Erasing, ErasingRound, TableColumns, erased_in, places, tables
from handrail.personal.access import everything
from handrail.postgres.personal.record import PostgresPersonal
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.postgres.vault.keys import PostgresKeyStore
from tests.postgres.conftest import Run

PLANTED = (Path(__file__).parent / "planted.sql").read_bytes().split(b";\n\n")
BARE = ("smallint", "integer", "bigint", "numeric", "double precision", "boolean", "date", "timestamptz", "interval", "xid8")
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute AS a INNER JOIN pg_class AS c ON a.attrelid = c.oid
WHERE c.relnamespace = 'handrail'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
HELD = {name: one for name, one in tables().items() if one.person}


def test_every_column_of_words_or_bytes_is_classified(database_url: str) -> None:
    bare = {name.replace("timestamptz", "timestamp with time zone") for name in BARE}
    with psycopg.connect(database_url) as connection:
        found = connection.execute(COLUMNS).fetchall()
    there = {(table, column) for table, column, kind in found if kind.removesuffix("[]") not in bare}
    registered = {(name, column) for name, one in tables().items() for column in (*one.person, *one.none)}
    assert there - registered == set(), "classify these in handrail/domain/personal/places.toml"
    assert registered - there == set(), "these are gone; take them out of handrail/domain/personal/places.toml"
    assert {table for table, _, _ in found} == set(tables()), "every table stands in handrail/domain/personal/places.toml"


def test_each_place_has_its_two_statements_and_no_other_is_there() -> None:
    wanted = {f"{verb}_{name}" for name in HELD for verb in ("erase", "access")}
    assert {name for name in QUERIES if name.startswith(("erase_", "access_"))} == wanted
    assert {name for round_ in ErasingRound for name in erased_in(round_)} == set(HELD)
    assert {one.forgetting for one in HELD.values()} == set(Erasing)
    assert any("backups" in one.place for one in places())


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"person": ["text"], "holds": "words"}, "say `holds`, `found_by`, `rounds` and `forgetting`"),
        ({"none": ["n"]}, "say why in `nobody`"),
        ({"nobody": "numbers", "rounds": ["case"]}, "nothing of finding and forgetting"),
        ({"nobody": "numbers", "withheld": ["n"]}, "nothing of finding and forgetting"),
    ],
)
def test_half_an_entry_is_refused(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TableColumns.model_validate(entry)


class Planted:
    """A customer of whom every place holds a row."""

    def __init__(self, who: str) -> None:
        self.who, self.case, self.other = who, f"k-{who.lower()}", f"l-{who.lower()}"

    def rows(self, url: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of each table that hold the mark, in words or in bytes."""
        found: dict[str, list[dict[str, Any]]] = {}
        with psycopg.connect(url) as connection:
            for name in tables():
                query = sql.SQL("SELECT to_jsonb(t) FROM {} AS t WHERE t::text LIKE %s OR t::text LIKE %s")
                marks = (f"%{self.who}%", f"%{self.who.encode().hex()}%")
                rows = connection.execute(query.format(sql.Identifier("handrail", name)), marks).fetchall()
                if rows:
                    found[name] = [row for (row,) in rows]
        return found

    def holding(self, rows: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str]]:
        """Name each place, with each of its columns in which the mark was found."""
        for name, found in rows.items():
            for column in {*HELD[name].person} if name in HELD else ():
                for value in (json.dumps(row[column]) for row in found):
                    if self.who in value or self.who.encode().hex() in value:
                        yield name, column


@pytest.fixture
async def planted(pool: Pool, run: Run) -> tuple[Planted, Planted]:
    """Two customers; of each every place holds a row."""
    both = Planted("Quaxel"), Planted("Marbled")
    async with pool.connection() as connection:
        for one in both:
            about = {"who": one.who, "case": one.case, "other_case": one.other}
            opened = PLANTED[0].replace(b"%(case)s", b"%(other_case)s")
            for statement in (opened, *PLANTED):
                await connection.execute(statement, about)
    await run("SELECT handrail.refresh_outcomes(1000)")
    await run("SELECT handrail.pack_outcomes(current_date + 1, 10)")
    return both


HASHED = {("rating_links", "link_hash"), ("api_tokens", "token_hash"), ("packed_outcomes", "customer")}
"""What holds a hash of the mark in its place."""


async def test_a_row_in_every_place_is_given_out_and_forgotten(
    pool: Pool, run: Run, database_url: str, planted: tuple[Planted, Planted]
) -> None:
    who, other = planted
    record, everyone = PostgresPersonal(pool), {(name, column) for name, one in HELD.items() for column in one.person}
    before, beside = who.rows(database_url), other.rows(database_url)
    assert everyone - set(who.holding(before)) - HASHED <= {("audit", "salt")}, "plant these in planted.sql"

    shown = await everything(record, who.who, lambda raw: raw.decode(), [f"{who.who}@example.com"])
    assert {one["source"] for one in shown["entries"]} == set(HELD)
    assert other.who not in json.dumps(shown)
    for name, one in HELD.items():
        entries = [entry["data"] for entry in shown["entries"] if entry["source"] == name]
        there = {key for data in entries for key in data}
        assert not there & set(one.withheld), name
        if name not in ("packed_outcomes", "mails"):
            assert set(one.person) - set(one.withheld) <= there, name
            assert who.who in json.dumps(entries) or name in ("data_keys", "rating_links"), name

    counts = await record.erase_traffic(who.who, [f"{who.who}@example.com"])
    assert sum(await PostgresKeyStore(pool).shred(who.who)) == 2
    for case_id in (who.other, who.case):
        for name, count in (await record.erase_case(case_id, who.who, "f-1", "forgotten-1", "dpo")).items():
            counts[name] = counts.get(name, 0) + count
    counts |= await record.erase_last([who.who])
    assert counts.keys() == HELD.keys() - set(erased_in(ErasingRound.KEYS))
    assert who.rows(database_url) == {}
    left = await everything(record, who.who, lambda raw: raw.decode(), [f"{who.who}@example.com"])
    assert left["entries"] == []
    for name in {name for name, _ in HASHED if HELD[name].forgetting is Erasing.DELETED}:
        rows = await run(f"SELECT count(*) FROM handrail.{name}")
        assert rows == [(0 if name == "packed_outcomes" else 1,)], name
    assert other.rows(database_url) == beside
    assert await run("SELECT effect_id FROM handrail.effect_attempts") == [(f"e-{other.case}",)]


async def test_of_a_correction_of_several_customers_only_that_it_is_there_is_given_out(
    pool: Pool, run: Run, planted: tuple[Planted, Planted]
) -> None:
    who, other = planted
    await run("UPDATE handrail.correction_sources SET correction_id = %s WHERE case_id = %s", f"k-{other.case}", who.case)
    [held] = [row["held"] for row in await PostgresPersonal(pool).all_of(who.who) if row["place"] == "corrections"]
    assert held["topic"] == "refund"
    assert not held.keys() & {"body", "words", "done_words", "reason"}
    assert other.who not in json.dumps(held)
    await PostgresPersonal(pool).erase_case(who.case, who.who, "f-1", "forgotten-1", "dpo")
    assert await run("SELECT count(*) FROM handrail.corrections WHERE correction_id = %s", f"k-{other.case}") == [(1,)]


async def test_an_answer_of_the_api_is_given_out_as_it_was_sent(pool: Pool, planted: tuple[Planted, Planted]) -> None:
    who, _ = planted
    [found] = [row["held"] for row in await PostgresPersonal(pool).all_of(who.who) if row["place"] == "api_answers"]
    assert json.loads(base64.b64decode(found["body"])) == {"case_id": who.case, "reply": who.who}

"""The part of `handrail business check` that fills a database and calls the business, one fault of each kind put in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from handrail.business import load_business
from handrail.checking import definitions, names, tools
from handrail.checking.check import check
from handrail.checking.data import DataCheck
from handrail.checking.findings import CheckPart, Collector, PackageFinding, PackageReport, Severity
from handrail.checking.source import Definition
from handrail.checking.subject import PackageUnderCheck
from handrail.embedded.postgres import Postgres
from tests.support.packages import Package, package


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    with package(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
async def empty(postgres: Postgres, postgres_url: str) -> AsyncIterator[str]:
    """An empty database for one test."""
    name = f"check_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
        await admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield postgres.url_of(name)
        await admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


async def findings(url: str, name: str = "acme") -> list[PackageFinding]:
    business = load_business(name)
    checked = PackageReport(business=name, folder=str(business.folder))
    found, subject = Collector(checked), PackageUnderCheck(business, business.folder, Definition(business.folder))
    tools.check(subject, found)
    definitions.check(subject, found)
    names.check(subject, found)
    await DataCheck(subject, found, url).run()
    return checked.findings


async def test_what_business_new_writes_passes(acme: Package, empty: str) -> None:
    assert await findings(empty) == []


async def test_the_clinic_passes(empty: str) -> None:
    assert await findings(empty, "examples.clinic") == []
    assert check("examples.clinic", data=False).findings == []


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "words"),
    [
        ("migrations/0001_bookings.sql", "check (guests", "chek (guests", "migrations/0001_bookings.sql", "syntax error"),
        ("data.py", " on conflict do nothing", "", "data.py", "fails the second time"),
        ("data.py", "values ('B-7'", "values (gen_random_uuid()::text", "data.py", "acme.bookings holds 3 rows instead of 2"),
        ("data.py", "insert into acme.bookings", "insert into acme.tables", "data.py", "fails on empty tables"),
        ("data.py", '("C-1", "Please change', '("C-9", "Please change', "data.py", "'C-9' is no customer"),
        ("data.py", '"change_guests", {"booking_id": "B-8"', '"change_guest", {"booking_id": "B-8"', "data.py", "is no tool"),
        (
            "data.py",
            '{"booking_id": "B-8", "guests": 9}',
            '{"booking_id": "B-7", "guests": 9}',
            "data.py",
            "is refused for C-2",
        ),
        (
            "data.py",
            '{"booking_id": "B-8", "guests": 9}',
            '{"booking_id": "B-8", "guests": 99}',
            "data.py",
            "less than or equal",
        ),
        (
            "data.py",
            "where customer_id = %s limit 1",
            "where %s::text <> '' limit 1",
            "data.py",
            "takes 'nobody-of-this-name'",
        ),
        (
            "tools.py",
            '"guests_more": change.guests - before',
            '"guests_more": "two"',
            "tools.py",
            "something else than declared",
        ),
        ("tools.py", "select booking_id, day, guests", "select booking_id, date, guests", "tools.py", "UndefinedColumn"),
        (
            "tools.py",
            "    before, day = await booked(call, change)\n",
            "    before, day = 1 // (change.guests - 4), None\n",
            "tools.py",
            "ZeroDiv",
        ),
    ],
)
async def test_a_fault_is_found_with_its_place(
    acme: Package, empty: str, file: str, old: str, new: str, where: str, words: str
) -> None:
    acme.change(file, old, new)

    errors = [one for one in await findings(empty) if one.severity is Severity.ERROR]

    assert any(one.file == f"acme/{where}" and words in one.words and one.part is CheckPart.DATA for one in errors), errors
    for one in errors:
        assert 1 <= one.line <= len((acme.folder / where).read_text().splitlines())


async def test_a_tool_that_answers_for_everybody_is_noticed(acme: Package, empty: str) -> None:
    acme.change(
        "tools.py",
        'where booking_id = %s and customer_id = %s",\n        (change.booking_id, call.customer_id),',
        'where booking_id = %s",\n        (change.booking_id,),',
    )
    notes = [one for one in await findings(empty) if one.severity is Severity.NOTE]
    assert any("C-2 gets the same preview as C-1" in one.words for one in notes), notes


async def test_a_fact_that_a_preview_does_not_give_is_told_once_however_it_is_found(acme: Package, empty: str) -> None:
    acme.change("tools.py", '"guests": change.guests, "guests_more"', '"guests_more"')
    told = [(one.file, one.line, one.words[:40]) for one in await findings(empty) if "does not give" in one.words]
    assert told
    assert len(told) == len(set(told))


async def test_a_fact_is_not_missed_where_only_its_name_is_part_of_another_one(acme: Package, empty: str) -> None:
    acme.change("tools.py", '"guests": change.guests, "guests_more": change.guests - before, "day"', '"day"')
    more = '    - {id: many-more, expression: "guests_more > 9", action: block, message: m}\n    - id: too-large'
    acme.change("policies/guests.yaml", "    - id: too-large", more)
    acme.change("policies/guests.yaml", "examples:", "given: {guests_more: 1}\nexamples:")
    told = [one.words for one in await findings(empty) if "rule many-more" in one.words]
    assert len(told) == 1
    assert told[0].startswith("rule many-more needs guests_more, which the preview of change_guests does not give")


async def test_facts_that_cannot_be_read_off_the_code_are_found_by_calling(acme: Package, empty: str) -> None:
    acme.change(
        "tools.py",
        'facts={"guests": change.guests, "guests_more": change.guests - before, "day": day}',
        'facts=dict([("guests_more", 1), ("day", day)])',
    )
    errors = [one for one in await findings(empty) if one.severity is Severity.ERROR]
    assert {one.file for one in errors} == {"acme/policies/guests.yaml"}
    assert "rule large-table needs guests, which the preview of change_guests does not give" in errors[0].words

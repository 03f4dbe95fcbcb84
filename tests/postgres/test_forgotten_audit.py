"""The chain outlives what it was made of: it verifies once a customer is forgotten, and tampering is still found."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.errors import IntegrityConstraintViolation

from handrail.cli.record.audit import check_file, line_of, text_of, writing
from handrail.domain.audit import Anchor, AuditReport, Checker, canonical
from handrail.domain.case.cases import Commit
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.personal.record import PostgresPersonal
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, opening, row
from tests.postgres.conftest import Run
from tests.postgres.test_audit import FORCED, ODD, checked, entry

OLD = """INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details, salt)
VALUES ('a', 'old', now(), 'ann', 'reply', '{"note": "Quaxel"}', NULL), ('a', 'older', now(), 'ann', 'claim', '{}', NULL)"""


@pytest.fixture
async def forgotten(pool: Pool, cases: PostgresCases, run: Run) -> Anchor:
    """Entries of two cases, some without digests; the customer of one is forgotten. Gives an anchor from before."""
    for case_id in ("a", "b"):
        await cases.open(opening(case_id), NOON)
    await run(OLD)
    for number in range(2):
        for case_id in ("a", "b"):
            changes = {"content_digest": opening(case_id).content_digest()}
            said = entry(f"{case_id}{number}", **ODD, note="Quaxel")
            await cases.commit(Commit(row=row(number + 1, case_id, **changes), audit=[said]))
    before = await checked(pool)
    assert (before.checked, before.broken) == (6, None)
    ((whose,),) = await run("SELECT customer_id FROM handrail.cases WHERE case_id = 'a'")
    done = await PostgresPersonal(pool).erase_case("a", whose, "f-1", "forgotten-1", "dpo")
    assert done["audit"] == 4
    return before.head


async def found(pool: Pool, *anchors: Anchor) -> AuditReport:
    """The report over the whole chain."""
    return await checked(pool, None, *anchors)


async def test_the_chain_verifies_and_holds_nothing_of_them(pool: Pool, forgotten: Anchor, run: Run, tmp_path: Path) -> None:
    report = await found(pool, forgotten)
    assert (report.checked, report.broken) == (7, None)
    for case_id in ("a", "b"):
        assert (await checked(pool, case_id)).broken is None
    ((left,),) = await run("SELECT count(*) FROM handrail.audit WHERE case_id = 'a' AND details::text LIKE '%%Quaxel%%'")
    assert left == 0
    out = tmp_path / "audit.jsonl"
    async with PostgresAudit(pool).trail() as trail:
        with writing(out) as file:
            file.write(canonical({"format": "handrail-audit", "version": 1, "case": None, "since": None}) + "\n")
            async for link in trail.links():
                assert line_of(link)
                file.write(text_of(link, {}) + "\n")
            file.write(canonical({"entries": report.checked, "anchor": str(trail.head)}) + "\n")
    assert check_file(out, [forgotten]).broken is None


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE handrail.audit SET actor = 'bea' WHERE entry_id = 'a0'", "was changed"),
        ("UPDATE handrail.audit SET actor = 'bea' WHERE entry_id = 'old'", "what stays of the entries before it"),
        ("UPDATE handrail.audit SET action = 'resolve' WHERE entry_id = 'old'", "what stays of the entries before it"),
        ("""UPDATE handrail.audit SET details = '{"note": "other"}' WHERE entry_id = 'a1'""", "was changed"),
        ("""UPDATE handrail.audit SET details = '{"note": "other"}' WHERE entry_id = 'old'""", "was changed"),
        ("""UPDATE handrail.audit SET details = details || '{"entries": 3}' WHERE action = 'forgotten'""", "was changed"),
        ("UPDATE handrail.audit SET details = '{}', salt = NULL WHERE entry_id = 'b1'", "no later entry says"),
        ("DELETE FROM handrail.audit WHERE entry_id = 'a1'", "the entry was removed"),
        (
            "DELETE FROM handrail.audit WHERE action = 'forgotten';"
            "DELETE FROM handrail.audit_chain WHERE entry_id = 'forgotten:f-1'",
            "the end was cut off",
        ),
    ],
)
async def test_tampering_is_found(pool: Pool, forgotten: Anchor, run: Run, tampering: str, words: str) -> None:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute((FORCED + tampering).encode())
    report = await found(pool)
    assert report.broken is not None
    assert words in report.broken.problem


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE handrail.audit SET details = '{}', salt = NULL WHERE case_id = 'b'",
        "UPDATE handrail.audit SET actor = 'bea' WHERE case_id = 'a'",
        """UPDATE handrail.audit SET details = '{"note": "x"}' WHERE case_id = 'a'""",
        "DELETE FROM handrail.audit WHERE case_id = 'a'",
        "UPDATE handrail.cases SET reply = 'back' WHERE case_id = 'a'",
        "INSERT INTO handrail.turns (case_id, token, asked_at, attempt) VALUES ('a', 't', now(), 1)",
        "INSERT INTO handrail.messages VALUES ('a', 'late', 'customer', 'words', now(), 1, 9)",
        "DELETE FROM handrail.actions; TRUNCATE handrail.actions",
    ],
)
async def test_the_database_itself_lets_through_nothing_else(forgotten: Anchor, run: Run, change: str) -> None:
    with pytest.raises(IntegrityConstraintViolation):
        await run(change)


async def test_a_checker_that_reads_a_part_asks_for_no_more_than_it_saw(pool: Pool, forgotten: Anchor) -> None:
    async with PostgresAudit(pool).trail() as trail:
        links = [link async for link in trail.links()]

    async def later() -> None:
        for link in links[3:]:
            assert checker.take(link), checker.broken

    checker = Checker(from_start=False)
    await later()
    assert checker.finish().broken is None

"""The audit's chain in a real database, tampered with as only a superuser can: every way is found, and where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import IntegrityConstraintViolation

from handrail.cli.record.audit import check_file, line_of, text_of, writing
from handrail.domain.audit import ROOT, Anchor, AuditReport, Checker, Link, canonical, verify
from handrail.domain.case.cases import AuditEntry, Commit
from handrail.domain.errors import InvalidInput
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, opening, row
from tests.postgres.conftest import Run

ODD: dict[str, Any] = {
    "n": 1.50,
    "b": [1, {"ü": None, "long key": True}],
    "a": 'quote " back \\ tab \t bell \x07 ⚓',
    "e": 1e-7,
}


def entry(name: str, **details: Any) -> AuditEntry:
    return AuditEntry(entry_id=name, at=NOON, actor="ann", action="decision:approve", details=details)


async def checked(pool: Pool, case_id: str | None = None, *anchors: Anchor) -> AuditReport:
    async with PostgresAudit(pool).trail(case_id) as trail:
        checker = Checker(contiguous=case_id is None, anchors=anchors)
        return await verify(trail.links(), checker, trail.head)


@pytest.fixture
async def written(pool: Pool, cases: PostgresCases) -> PostgresCases:
    """Six entries of two cases, in turns."""
    for case_id in ("a", "b"):
        await cases.open(opening(case_id), NOON)
    for number in range(3):
        for case_id in ("a", "b"):
            changes = {"content_digest": opening(case_id).content_digest()}
            await cases.commit(Commit(row=row(number + 1, case_id, **changes), audit=[entry(f"{case_id}{number}", **ODD)]))
    return cases


async def test_every_hash_is_computed_anew_outside_the_database(pool: Pool, written: PostgresCases) -> None:
    report = await checked(pool)
    assert (report.checked, report.cases, report.head.sequence, report.broken) == (6, 2, 6, None)
    assert (await checked(pool, "b")).checked == 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**18), 10**18)
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
        | st.decimals(allow_nan=False, allow_infinity=False, places=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abÄ⚓ ", max_size=4), inner, max_size=4),
        max_leaves=8,
    )
)
async def test_the_same_value_is_written_alike_on_both_sides(run: Run, value: Any) -> None:
    text = canonical(value).replace("\x00", "").replace("\\u0000", "")
    ((found,),) = await run("SELECT %s::jsonb::text", text)
    assert canonical(json.loads(found, parse_float=Decimal)) == found


FORCED = "SET LOCAL session_replication_role = replica; "


@pytest.mark.parametrize(
    ("tampering", "sequence", "words"),
    [
        ("UPDATE handrail.audit SET actor = 'bea' WHERE entry_id = 'a1'", 3, "was changed"),
        ("UPDATE handrail.audit SET details = '{}' WHERE entry_id = 'b2'", 6, "was changed"),
        ("UPDATE handrail.audit SET at = at + interval '1 microsecond' WHERE entry_id = 'a0'", 1, "was changed"),
        ("DELETE FROM handrail.audit WHERE entry_id = 'b1'", 4, "the entry was removed; its link still stands"),
        (
            "DELETE FROM handrail.audit WHERE entry_id = 'b1'; DELETE FROM handrail.audit_chain WHERE entry_id = 'b1'",
            5,
            "the link before it is missing: 3 is followed by 5",
        ),
        (
            "INSERT INTO handrail.audit VALUES ('a', 'new', now(), 'eve', 'decision:approve', '{}')",
            None,
            "inserted past the chain",
        ),
        (
            "UPDATE handrail.audit_chain SET sequence = -sequence WHERE sequence IN (3, 4);"
            "UPDATE handrail.audit_chain SET sequence = 7 + sequence WHERE sequence < 0",
            3,
            "was changed",
        ),
        (
            "DELETE FROM handrail.audit WHERE entry_id IN ('a2', 'b2'); DELETE FROM handrail.audit_chain WHERE sequence > 4",
            4,
            "the end was cut off",
        ),
        (
            "UPDATE handrail.audit SET actor = 'bea' WHERE entry_id = 'a1'; UPDATE handrail.audit_chain AS c SET hash ="
            " handrail.audit_hash(c, a) FROM handrail.audit AS a WHERE a.entry_id = c.entry_id AND c.entry_id = 'a1'",
            4,
            "it does not follow link 3",
        ),
    ],
)
async def test_tampering_is_found_at_its_first_place(
    pool: Pool, written: PostgresCases, run: Run, tampering: str, sequence: int | None, words: str
) -> None:
    for statement in tampering.split(";"):
        if not statement.startswith("INSERT"):
            with pytest.raises(IntegrityConstraintViolation):
                await run(statement)
    await run(FORCED + tampering)
    broken = (await checked(pool)).broken
    assert broken is not None
    assert broken.sequence == sequence
    assert words in broken.problem


async def test_a_chain_that_was_written_anew_to_its_head_fits_no_anchor(pool: Pool, written: PostgresCases, run: Run) -> None:
    kept = (await checked(pool)).head
    await run(
        FORCED + "DELETE FROM handrail.audit WHERE entry_id = 'b2'; DELETE FROM handrail.audit_chain WHERE sequence = 6;"
        "UPDATE handrail.audit_head AS h SET sequence = 5, hash = c.hash FROM handrail.audit_chain AS c WHERE c.sequence = 5"
    )
    assert (await checked(pool)).broken is None
    broken = (await checked(pool, None, kept)).broken
    assert broken is not None
    assert "cut off" in broken.problem
    await written.commit(Commit(row=row(9, "b", content_digest=opening("b").content_digest()), audit=[entry("else")]))
    broken = (await checked(pool, None, kept)).broken
    assert broken is not None
    assert (broken.sequence, "an anchor holds another hash" in broken.problem) == (6, True)


async def test_a_decision_without_its_entry_is_missed(pool: Pool, written: PostgresCases, run: Run) -> None:
    await run(
        "INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names,"
        " decision, version) VALUES ('a', 'x', 1, '{\"request_id\": \"x\"}', 'rejected', now(), now(), '{}',"
        ' \'{"decision": "reject"}\', 1)'
    )
    async with PostgresAudit(pool).trail() as trail:
        missed = await trail.unwitnessed()
    assert missed is not None
    assert (missed.case_id, missed.entry_id) == ("a", "x r1")


async def test_writers_at_one_time_leave_one_chain(pool: Pool, cases: PostgresCases) -> None:
    names = [f"c{number}" for number in range(8)]
    for name in names:
        await cases.open(opening(name), NOON)

    async def write(name: str) -> None:
        digest = opening(name).content_digest()
        for number in range(5):
            told = [entry(f"{number}"), entry(f"{number} again")]
            await cases.commit(Commit(row=row(number + 1, name, content_digest=digest), audit=told))

    await asyncio.gather(*(write(name) for name in names))
    report = await checked(pool)
    assert (report.checked, report.broken) == (80, None)


@pytest.mark.parametrize(("since", "case_id"), [(None, None), (None, "a"), ("2026-01-01", None)])
async def test_an_export_is_checked_without_a_database(
    pool: Pool, written: PostgresCases, tmp_path: Path, since: str | None, case_id: str | None
) -> None:
    async with PostgresAudit(pool).trail(case_id) as trail:
        links = [link async for link in trail.links()]
        anchor = str(trail.head)
    kept = links[1:] if since else links
    lines = [canonical({"format": "handrail-audit", "version": 1, "case": case_id, "since": since})]
    lines += [canonical(line_of(link)) for link in kept]
    lines += [canonical({"entries": len(kept), "anchor": anchor})]

    def found(changed: list[str]) -> AuditReport:
        file = tmp_path / "export.jsonl"
        file.write_text("\n".join(changed) + "\n")
        return check_file(file, [])

    assert found(lines).broken is None
    assert found(lines).checked == len(kept)
    assert found([*lines[:2], lines[2].replace('"ann"', '"eve"'), *lines[3:]]).broken is not None
    assert found([*lines[:2], *lines[3:]]).broken is not None
    assert found([lines[0], lines[2], lines[1], *lines[3:]]).broken is not None


def test_a_link_that_lies_about_its_place_is_broken() -> None:
    link = Link(sequence=2, previous="x", case_sequence=1, case_previous="y", hash="z", case_id="a", entry_id="e")
    assert not Checker().take(link)


ENTRY = "INSERT INTO handrail.audit VALUES ('a', 'odd', '{at}', 'eve', 'turn', '{details}')"


@pytest.mark.parametrize(
    ("at", "details"), [("0099-01-01", "{}"), ("2026-01-01", '{"b": 1e5000}'), ("2026-01-01", '{"b": -1e-5000, "c": 1.50}')]
)
async def test_an_odd_entry_in_a_sound_chain_is_sound(
    pool: Pool, written: PostgresCases, run: Run, at: str, details: str
) -> None:
    await run(ENTRY.format(at=at, details=details))
    report = await checked(pool)
    assert (report.checked, report.broken, report.unreadable) == (7, None, ())


DEEP = '{"b": ' + "[" * 3000 + "]" * 3000 + "}"


@pytest.mark.parametrize(
    ("at", "details"),
    [("infinity", "{}"), ("0044-03-15 BC", "{}"), ("2026-01-01", "[1]"), ("2026-01-01", DEEP)],
    ids=["infinity", "BC", "list", "deep"],
)
async def test_an_entry_that_cannot_be_read_is_named_and_hides_nothing_behind_it(
    pool: Pool, written: PostgresCases, run: Run, tmp_path: Path, at: str, details: str
) -> None:
    await run(ENTRY.format(at=at, details=details))
    await written.commit(Commit(row=row(9, "a", content_digest=opening("a").content_digest()), audit=[entry("later")]))
    report = await checked(pool)
    assert report.broken is not None
    assert (report.checked, report.broken.sequence, report.head.sequence) == (7, 7, 8)
    assert "cannot be read" in report.broken.problem
    async with PostgresAudit(pool).trail() as trail:
        lines = [text_of(link, {}) async for link in trail.links()]
    head = canonical({"format": "handrail-audit", "version": 1, "case": None, "since": None})
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join([head, *lines, canonical({"anchor": str(report.head)})]))
    exported = check_file(file, []).broken
    assert exported is not None
    assert exported.sequence == 7
    await run(FORCED + "UPDATE handrail.audit SET actor = 'bea' WHERE entry_id = 'later'")
    report = await checked(pool)
    assert report.broken is not None
    assert (report.broken.sequence, [one.sequence for one in report.unreadable]) == (8, [7])


async def test_no_anchor_is_passed_over(pool: Pool, written: PostgresCases) -> None:
    links = [link async for link in _links(pool)]
    ends = [Anchor(sequence=number, hash=link.hash or "") for number, link in enumerate(links, start=1)]
    root, wrong = Anchor(sequence=0, hash=ROOT), "f" * 64
    assert (await checked(pool, None, root, *ends)).broken is None
    assert (await checked(pool, "a", ends[0], ends[1])).broken is None
    for case_id, place in (("a", 3), ("a", 2), ("a", 7), (None, 7)):
        assert (await checked(pool, case_id, Anchor(sequence=place, hash=wrong))).broken is not None
    for refused in ([Anchor(sequence=0, hash=wrong)], [ends[2], Anchor(sequence=3, hash=wrong)]):
        with pytest.raises(InvalidInput, match="--anchor"):
            await checked(pool, None, *refused)
    with pytest.raises(InvalidInput, match=r"--anchor: 6 is not among .* without --case"):
        await checked(pool, "a", ends[5])


async def _links(pool: Pool) -> AsyncIterator[Link]:
    async with PostgresAudit(pool).trail() as trail:
        async for link in trail.links():
            yield link


@pytest.mark.parametrize("number", ["²", "1" * 5000, "-1", "", "١"])
def test_an_anchor_has_a_plain_number(number: str) -> None:
    with pytest.raises(InvalidInput, match="SEQUENCE:HASH"):
        Anchor.parse(f"{number}:{ROOT}")


@pytest.mark.parametrize(
    "line",
    [
        '{"case_id": "a", "entry_id": "e", "sequence": 1e999}',
        '{"sequence": 1e99999999999999999999}',
        "[" * 9999,
        '{"anchor": 7}',
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(canonical({"format": "handrail-audit", "version": 1, "case": None, "since": None}) + "\n" + line + "\n")
    with pytest.raises(InvalidInput, match=r"export\.jsonl:2: "):
        check_file(file, [])


def test_a_full_disk_is_told() -> None:
    with (
        pytest.raises(InvalidInput, match="--out: /dev/full cannot be written: No space left"),
        writing(Path("/dev/full")) as file,
    ):
        file.write("x")

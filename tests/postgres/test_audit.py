"""The audit's chain in a real database, tampered with as only a superuser can: every way is found, and where."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import IntegrityConstraintViolation

from handrail.cli.audit import check_file, line_of
from handrail.domain.audit import Anchor, Checker, Link, Report, canonical, verify
from handrail.domain.cases import AuditEntry, Commit
from handrail.postgres.audit import PostgresAudit
from handrail.postgres.cases import PostgresCases
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


async def checked(pool: Pool, case_id: str | None = None, *anchors: Anchor) -> Report:
    async with PostgresAudit(pool).trail(case_id) as trail:
        checker = Checker(contiguous=case_id is None, anchors=anchors)
        return await verify(trail.links(), checker, None if case_id else trail.head)


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

    def found(changed: list[str]) -> Report:
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

"""What PostgreSQL itself refuses, whoever asks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import CheckViolation, IntegrityConstraintViolation

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.cases import Commit
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from tests.postgres.build import approval, audit, decided, effect, proposal, row, ruled, ruling
from tests.postgres.conftest import Run

APPLY = "UPDATE handrail.actions SET outcome = 'applied', applied_at = now(), applied_hash = arguments_hash"
REJECTED = Commit(
    row=row(),
    rulings=[ruled(proposal(), Ruling.ALLOW)],
    approvals=[decided(approval(), DecisionKind.REJECT)],
)
EDITED = Commit(
    row=row(),
    rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)],
    approvals=[decided(approval(), DecisionKind.EDIT, amount=80)],
)


@pytest.mark.parametrize(
    "commit",
    [
        ruling(Ruling.REQUIRE_APPROVAL),
        ruling(Ruling.BLOCK),
        ruling(Ruling.CONFIRM),
        Commit(row=row(), rulings=[ruled(proposal(), Ruling.CONFIRM)], approvals=[decided(approval(), DecisionKind.APPROVE)]),
        ruling(Ruling.ALLOW, kind=ProposalKind.REPLY),
        Commit(row=row(), rulings=[ruled(proposal(), Ruling.ALLOW)], approvals=[approval()]),
        REJECTED,
        EDITED,
    ],
    ids=[
        "held",
        "blocked",
        "unconfirmed",
        "unconfirmed although approved",
        "no effect",
        "asked",
        "rejected",
        "edited to something else",
    ],
)
async def test_an_effect_without_its_verdict_is_refused_by_sql(cases: PostgresCases, run: Run, commit: Commit) -> None:
    await cases.commit(commit)
    with pytest.raises(CheckViolation, match="actions_applied_as_permitted"):
        await run(APPLY)


async def test_an_allowed_effect_is_taken_by_sql_with_its_hash_only(cases: PostgresCases, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    for wrong in ("applied_hash = 'other', applied_at = now()", "applied_at = now()", "applied_hash = arguments_hash"):
        with pytest.raises(CheckViolation, match="actions_applied_as_permitted"):
            await run(f"UPDATE handrail.actions SET outcome = 'applied', {wrong}")
    with pytest.raises(CheckViolation, match="actions_nothing_without_outcome"):
        await run("UPDATE handrail.actions SET result = '{}'")
    await run(APPLY)
    assert await run("SELECT status FROM handrail.actions") == [("applied",)]


async def test_an_action_without_a_ruling_is_refused_by_sql(cases: PostgresCases, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    with pytest.raises(psycopg.errors.NotNullViolation):
        await run("UPDATE handrail.actions SET ruling = NULL")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE handrail.actions SET outcome = 'refused'",
        "UPDATE handrail.actions SET arguments = '{}'",
        "DELETE FROM handrail.actions",
        "TRUNCATE handrail.actions",
    ],
)
async def test_an_applied_effect_stands_for_ever(cases: PostgresCases, record: PostgresRecord, run: Run, change: str) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    await record.apply(effect())
    with pytest.raises(IntegrityConstraintViolation, match=r"an effect happens once|the ledger never forgets"):
        await run(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE handrail.audit SET actor = 'nobody'",
        "UPDATE handrail.audit SET actor = 'nobody' WHERE false",
        "DELETE FROM handrail.audit",
        "TRUNCATE handrail.audit",
        "INSERT INTO handrail.audit SELECT * FROM handrail.audit ON CONFLICT (case_id, entry_id) DO UPDATE SET actor = 'x'",
    ],
)
async def test_the_audit_only_grows(cases: PostgresCases, run: Run, change: str) -> None:
    await cases.commit(Commit(row=row(), audit=[audit("a-1")]))
    with pytest.raises(IntegrityConstraintViolation, match="the audit only grows"):
        await run(change)
    await cases.commit(Commit(row=row(), audit=[audit("a-1"), audit("a-2")]))
    assert await run("SELECT entry_id, actor FROM handrail.audit ORDER BY 1") == [("a-1", "agent"), ("a-2", "agent")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE handrail.cases SET version = version - 1", "never goes back"),
        ("UPDATE handrail.cases SET usage_version = -5", "never goes back"),
        ("UPDATE handrail.approvals SET status = 'open', decision = NULL", "settled once"),
        ("DELETE FROM handrail.approvals", "never deleted"),
    ],
)
async def test_nothing_goes_back(cases: PostgresCases, run: Run, change: str, words: str) -> None:
    await cases.commit(REJECTED)
    with pytest.raises(IntegrityConstraintViolation, match=words):
        await run(change)


@pytest.mark.parametrize(
    "change",
    ["status = 'Lost'", "tier = 3", "confidence = 1.5", "turn = 0"],
)
async def test_a_case_has_a_shape(cases: PostgresCases, run: Run, change: str) -> None:
    await cases.commit(Commit(row=row(0)))
    with pytest.raises(CheckViolation):
        await run(f"UPDATE handrail.cases SET {change}")


async def test_a_decision_and_its_status_go_together(cases: PostgresCases, run: Run) -> None:
    await cases.commit(Commit(row=row(), approvals=[approval()]))
    with pytest.raises(CheckViolation, match="approvals_decided"):
        await run("UPDATE handrail.approvals SET status = 'approved'")

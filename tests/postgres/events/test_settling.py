"""Waiting for cases in the record: told by a commit, or found by a look where the word got lost; an open approval counts."""

from __future__ import annotations

import asyncio

import pytest

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.postgres.case import settling
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.settling import SettledCases
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, approval, decided, opening, row

LONG = 20


async def test_cases_are_waited_for_until_they_settle(
    cases: PostgresCases, pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "LOOK_SECONDS", 600.0)  # by the word alone
    waiting = SettledCases(pool, database_url)
    ids = [f"case-{n}" for n in range(4)]
    for case_id in ids:
        await cases.open(opening(case_id), NOON)
    await cases.commit(Commit(row=row(1, "case-0", status=CaseStatus.RESOLVED, topic="refund")))
    async with waiting.heard(), asyncio.timeout(LONG):
        first, *others = [asyncio.create_task(waiting.settled(case_id)) for case_id in ids]
        assert ((await first).status, (await first).topic) == (CaseStatus.RESOLVED, "refund")
        for n, status in ((1, CaseStatus.WITH_HUMAN), (2, CaseStatus.AWAITING_CUSTOMER)):
            await cases.commit(Commit(row=row(1, f"case-{n}", status=status)))
            assert (await others[n - 1]).status is status
        held = approval(case_id="case-3")
        settled = decided(held, DecisionKind.APPROVE)
        await cases.commit(Commit(row=row(1, "case-3", status=CaseStatus.AWAITING_APPROVAL), approvals=[held]))
        assert (await others[2]).status is CaseStatus.AWAITING_APPROVAL
        await cases.commit(Commit(row=row(2, "case-3", status=CaseStatus.AWAITING_APPROVAL), approvals=[settled]))
        acting = asyncio.create_task(waiting.settled("case-3"))
        await cases.commit(Commit(row=row(3, "case-3", status=CaseStatus.RESOLVED)))
        assert (await acting).status is CaseStatus.RESOLVED


async def test_a_case_is_found_where_nothing_is_heard(
    cases: PostgresCases, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "LOOK_SECONDS", 0.05)
    waiting = SettledCases(pool, "postgresql://127.0.0.1:1/nowhere?connect_timeout=1")
    await cases.open(opening(), NOON)
    async with waiting.heard(), asyncio.timeout(LONG):
        acting = asyncio.create_task(waiting.settled("case-1"))
        await cases.commit(Commit(row=row(1, status=CaseStatus.RESOLVED)))
        assert (await acting).status is CaseStatus.RESOLVED

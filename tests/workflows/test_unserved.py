"""Cases that nobody serves: a comparison asks many at once, keeps their order, and finds a silent queue out once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from temporalio.client import Client

from handrail.cli.record.reconcile import show
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.reconciling import DifferenceKind, RecordedCase
from handrail.domain.errors import HandrailError
from handrail.ports import Standings
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.connect import Unreachable
from handrail.temporal.repair.reconcile import Reconciler
from handrail.temporal.repair.serving import AT_ONCE, in_order
from tests.support.listed import listed

OLD = datetime(2026, 1, 1, tzinfo=UTC)
CASES = 3 * AT_ONCE


class Record:
    """A record that holds cases as open."""

    def __init__(self, names: list[str]) -> None:
        about = {"status": CaseStatus.AWAITING_CUSTOMER, "version": 1, "updated_at": OLD}
        self.rows = {one: RecordedCase(case_id=one, **about) for one in names}

    async def recorded(self) -> list[RecordedCase]:
        return list(self.rows.values())

    async def those_of(self, names: list[str]) -> dict[str, RecordedCase]:
        return {one: self.rows[one] for one in names if one in self.rows}

    async def promised(self, grace: timedelta) -> dict[str, datetime]:
        return {}


async def started(client: Client, queue: str, names: list[str]) -> None:
    """Start such cases, which nobody serves; the server's lists know them, as they know all but the newest."""
    for one in names:
        await client.start_workflow("case", id=f"case-{one}", task_queue=queue)
    await listed(client, names)


async def test_many_are_asked_at_once_and_answer_in_order() -> None:
    at_work, most = Counter[str](), 0

    async def ask(number: int) -> int:
        nonlocal most
        at_work["now"] += 1
        most = max(most, at_work["now"])
        for _ in range(7 - number % 7):
            await asyncio.sleep(0)
        at_work["now"] -= 1
        return number

    assert await in_order(range(50), ask, at_once=10) == list(range(50))
    assert most == 10


async def test_the_first_error_ends_all_that_are_asked() -> None:
    ended = list[int]()

    async def ask(number: int) -> int:
        if number == 2:
            raise OSError("the server does not answer")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)
        return number

    with pytest.raises(OSError, match="does not answer"):
        await in_order(range(5), ask, at_once=3)
    assert {0, 1} <= set(ended)


async def test_a_queue_that_nobody_serves_is_found_out_once(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = f"nobody-{uuid4().hex[:8]}"
    names = [f"{queue}-{number:03}" for number in range(CASES)]
    await started(temporal_client, queue, names)
    asked = list[str]()

    async def unanswered(self: CaseClient, case_id: str) -> Any:
        asked.append(case_id)
        raise Unreachable(f"Case {case_id}: no worker answers.")

    monkeypatch.setattr(CaseClient, "status", unanswered)
    reconciler = Reconciler(temporal_client, cast(Standings, Record(names)), queue, timedelta(0))
    found = await reconciler.once(fix=False, thorough=True)
    assert len(asked) <= AT_ONCE, "the others are not waited for"
    assert sorted(found.unserved[queue]) == names
    assert found.differences == []
    show(found, fixed=False)
    said = " ".join(capsys.readouterr().out.split())
    assert said.count(f"Nobody serves the task queue {queue}: {CASES} cases not compared.") == 1
    assert "agree" not in said


async def test_a_case_that_does_not_answer_by_itself_is_told_of_by_itself(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"alone-{uuid4().hex[:8]}"
    names = [f"{queue}-{number}" for number in range(3)]
    await started(temporal_client, queue, names)

    async def broken(self: CaseClient, case_id: str) -> Any:
        raise HandrailError(f"Case {case_id} cannot answer.")

    monkeypatch.setattr(CaseClient, "status", broken)
    found = await Reconciler(temporal_client, cast(Standings, Record(names)), queue, timedelta(0)).once(
        fix=False, thorough=True
    )
    ours = [one for one in found.differences if one.case_id in names]
    assert [one.case_id for one in ours] == names
    assert {one.kind for one in ours} == {DifferenceKind.BEHIND}
    assert found.unserved == {}

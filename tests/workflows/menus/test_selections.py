"""A whole selection of cases, terminated, cancelled or reset in one click."""

from __future__ import annotations

import asyncio

import pytest
from google.protobuf.empty_pb2 import Empty

from handrail.temporal.cases.executions import RunStatus, execution, executions
from tests.support.house import House
from tests.support.listed import listed
from tests.support.mended import asks_anew, equal, held, open_ones, reconciler, refunds, with_a_person
from tests.support.menus import Page


async def test_a_whole_selection_terminated_in_one_click_comes_back(there: House, page: Page) -> None:
    cases = [await held(there) for _ in range(3)]
    ids = [one.case_id for one in cases]
    await listed(there.temporal, ids)
    await page.batch(ids, "terminate")
    await listed(there.temporal, ids, "ExecutionStatus = 'Terminated'")
    both = await asyncio.gather(*(reconciler(there).once(fix=True) for _ in range(2)))
    assert set(ids) <= {one.case_id for report in both for one in report.differences}
    for case_id in ids:
        await with_a_person(there, case_id, "run_lost")
        runs = [one async for one in executions(there.temporal, f"WorkflowId = 'case-{case_id}'") if one.open]
        assert len([one for one in runs if one.standing is RunStatus.RUNNING]) <= 1


async def test_a_whole_selection_cancelled_in_one_click_goes_to_people(there: House, page: Page) -> None:
    ids = [(await held(there)).case_id for _ in range(2)]
    await listed(there.temporal, ids)
    await page.batch(ids, "cancel")
    for case_id in ids:
        await with_a_person(there, case_id, "cancelled")
        assert (await execution(there.temporal, f"case-{case_id}")).standing is RunStatus.RUNNING
        await equal(there, case_id)


@pytest.mark.parametrize("place", ["first_workflow_task", "last_workflow_task"])
async def test_a_whole_selection_reset_in_one_click_asks_anew_and_pays_nothing(there: House, page: Page, place: str) -> None:
    cases = [await held(there) for _ in range(2)]
    ids = [one.case_id for one in cases]
    await listed(there.temporal, ids)
    await page.batch(ids, "reset", **{place: Empty()})
    for case in cases:
        again = await there.until(case.case_id, asks_anew({one.revision for one in case.approvals}))
        assert len(open_ones(again)) == 1
        assert await refunds(there, case) == 0
        await equal(there, case.case_id)

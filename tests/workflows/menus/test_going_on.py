"""A case that somebody cancels, resets, pauses or starts again goes on: nothing is paid or said twice, people decide anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import ABOVE_ALL, CaseView
from handrail.temporal.cases.executions import Paused, RunStatus, execution, executions, paused_cases
from tests.support.house import House, house, wait_for
from tests.support.mended import asks_anew, equal, held, open_ones, reconciler, refunds, with_a_person
from tests.support.menus import Page
from tests.support.raw import Wire, plain
from tests.workflows.conftest import ScriptedModel


@pytest.fixture(scope="module", autouse=True)
async def overdue(
    temporal_client: Client, own_shop_url: str, scripted_model: ScriptedModel
) -> AsyncIterator[tuple[House, CaseView]]:
    """A case that was paused while it had a minute to wait for a decision; the minute passes beside the other tests."""
    async with house(temporal_client, own_shop_url, scripted_model.root, approval_minutes=1) as hurried:
        await hurried.model.clear()
        case = await held(hurried)
        await Page(temporal_client).pause(case.case_id)
        yield hurried, case


async def test_cancelling_gives_the_case_to_a_person(there: House, page: Page) -> None:
    case = await held(there)
    await page.cancel(case.case_id)
    await with_a_person(there, case.case_id, "cancelled")
    assert (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.RUNNING
    await equal(there, case.case_id)


async def test_resetting_to_any_task_asks_anew_and_pays_nothing(there: House, page: Page) -> None:
    case = await held(there)
    seen = {one.revision for one in case.approvals}
    for place in (0, -1):
        await page.reset(case.case_id, (await page.tasks(case.case_id))[place])
        again = await there.until(case.case_id, asks_anew(set(seen)))
        seen |= {one.revision for one in again.approvals}
    assert await refunds(there, case) == 0

    async def recorded() -> bool:
        found = await there.rows(
            "select revision from handrail.approvals where case_id = %(c)s and status = 'open'", c=case.case_id
        )
        return [revision for (revision,) in found] == [max(seen)]

    await wait_for(recorded)
    await equal(there, case.case_id)


async def test_resetting_a_case_after_the_money_went_out_pays_nothing_again(there: House, page: Page) -> None:
    case = await held(there)
    one = case.approvals[-1]
    yes = DecisionInput(decision=DecisionKind.APPROVE, approval_id=one.approval_id, revision=one.revision, reviewer="ann")
    await there.cases.decide(case.case_id, yes)
    await there.until(case.case_id, lambda view: view.status == "Resolved")
    before = await told(there, case.case_id)
    run = await page.reset(case.case_id, (await page.tasks(case.case_id))[0])
    await answered_by(there, case.case_id, run)
    assert await refunds(there, case) == 1
    assert await told(there, case.case_id) == before
    await equal(there, case.case_id)


async def test_resetting_a_case_tells_the_customer_nothing_twice(there: House, page: Page) -> None:
    order = await there.order(status="delivered")
    case = await there.open(order.customer_id, f"Where is my order {order.order_id}?")
    before = await told(there, case.case_id)
    assert len(before) == 1
    run = await page.reset(case.case_id, (await page.tasks(case.case_id))[0])
    await answered_by(there, case.case_id, run)
    assert await told(there, case.case_id) == before
    await equal(there, case.case_id)


async def told(there: House, case_id: str) -> list[tuple[str, str]]:
    """What the customer was told: id and words."""
    query = "select message_id, text from handrail.messages where case_id = %(c)s and author <> 'customer' order by at"
    return await there.rows(query, c=case_id)


async def answered_by(there: House, case_id: str, run_id: str) -> None:
    """The run that a reset made has ended its turn."""

    async def ended() -> bool:
        found = await there.rows("select version, status from handrail.cases where case_id = %(c)s", c=case_id)
        return all(version > ABOVE_ALL and status in ("Resolved", "WithHuman") for version, status in found)

    await wait_for(ended)
    assert (await there.temporal.get_workflow_handle(f"case-{case_id}").describe()).run_id == run_id


async def test_a_terminated_run_that_is_reset_goes_on_by_itself(there: House, page: Page) -> None:
    case = await held(there)
    await page.terminate(case.case_id)
    await page.reset(case.case_id, (await page.tasks(case.case_id))[-1])
    again = await there.until(case.case_id, lambda view: view.status == "AwaitingApproval")
    assert min(open_ones(again)) > max(open_ones(case))
    await equal(there, case.case_id)


async def test_a_paused_case_is_seen_and_says_what_to_do(there: House, page: Page) -> None:
    case = await held(there)
    await page.pause(case.case_id, "look into it")
    with pytest.raises(Paused, match=r"paused .* by ann: look into it.*temporal workflow unpause --workflow-id case-"):
        await there.cases.say(case.case_id, "Hello?")
    with pytest.raises(Paused, match="unpause"):
        await there.cases.status(case.case_id)
    with pytest.raises(Paused, match="unpause"):
        await there.cases.claim(case.case_id, "bea")

    async def listed() -> bool:
        return case.case_id in await paused_cases(there.temporal)

    await wait_for(listed)
    query = f"WorkflowType = 'case' AND TaskQueue = '{there.settings.task_queue}'"
    assert case.case_id in [one.case_id async for one in executions(there.temporal, query)]
    report = await reconciler(there).once(fix=True)
    assert case.case_id in report.paused
    assert case.case_id not in [one.case_id for one in report.differences]
    await page.unpause(case.case_id)
    assert (await there.until(case.case_id, lambda view: True)).status == "AwaitingApproval"


async def test_a_deadline_that_passed_during_a_pause_is_acted_on_after_it(overdue: tuple[House, CaseView]) -> None:
    home, case = overdue
    due = case.approvals[-1].due_at

    async def passed() -> bool:
        return datetime.now(UTC) > due + timedelta(seconds=1)

    await wait_for(passed, deadline=90)
    [(status,)] = await home.rows("select status from handrail.cases where case_id = %(c)s", c=case.case_id)
    assert status == "AwaitingApproval"
    await Page(home.temporal).unpause(case.case_id)
    await with_a_person(home, case.case_id, "approval_expired")
    assert await refunds(home, case) == 0


async def test_starting_like_this_one_does_nothing_twice(there: House, page: Page) -> None:
    case = await held(there)
    given = (await page.events(case.case_id))[0].workflow_execution_started_event_attributes.input.payloads[0]
    with pytest.raises(RPCError) as refused:
        await Wire(there).start(f"case-{case.case_id}", given)
    assert refused.value.status is RPCStatusCode.ALREADY_EXISTS
    other = f"case-t-{uuid4().hex[:12]}"
    await Wire(there).start(other, given)
    copy = await there.settled(other.removeprefix("case-"))
    assert (copy.status, copy.effects) == ("WithHuman", [])
    await equal(there, case.case_id)
    await there.cases.close(case.case_id)

    async def closed() -> bool:
        return (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.COMPLETED

    await wait_for(closed)
    await Wire(there).start(f"case-{case.case_id}", given)

    async def refused_again() -> bool:
        return (await execution(there.temporal, f"case-{case.case_id}")).standing is RunStatus.FAILED

    await wait_for(refused_again)
    [(status,)] = await there.rows("select status from handrail.cases where case_id = %(c)s", c=case.case_id)
    assert status == "Closed"
    await equal(there, case.case_id)


async def test_nobody_makes_a_case_with_a_recovery_of_their_own(there: House) -> None:
    unknown = f"t-{uuid4().hex[:12]}"
    await Wire(there).start(f"case-{unknown}", plain({"recover": {"case_id": unknown}}))

    async def failed() -> bool:
        return (await execution(there.temporal, f"case-{unknown}")).standing is RunStatus.FAILED

    await wait_for(failed)
    assert await there.rows("select 1 from handrail.cases where case_id = %(c)s", c=unknown) == []

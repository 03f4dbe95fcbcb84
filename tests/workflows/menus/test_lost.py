"""A case whose run somebody ended or deleted in Temporal comes back: to a person, or to where it stood."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.reconciling import DifferenceKind
from handrail.domain.errors import IllegalTransition
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import RunStatus, execution
from tests.support.house import House, wait_for
from tests.support.listed import listed
from tests.support.mended import equal, held, mended, reconciler, refunds, with_a_person
from tests.support.menus import Page
from tests.support.raw import Wire, plain
from tests.workflows.test_paths import HELD


async def test_a_terminated_case_comes_back_to_a_person(there: House, page: Page) -> None:
    case = await held(there)
    before = await there.cases.transcript(case.case_id)
    await page.terminate(case.case_id, "wrong tab")
    with pytest.raises(IllegalTransition, match=r"terminated.*reconcile"):
        await there.cases.say(case.case_id, "Hello?")
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert back.customer_id == case.customer_id
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "terminated in Temporal by ann: wrong tab" in packet.escalation.words
    assert [one.text for one in await there.cases.transcript(case.case_id)][: len(before)] == [one.text for one in before]
    assert (await there.cases.say(case.case_id, "Any news?")).status == "WithHuman"
    assert await there.cases.claim(case.case_id, "bea")
    assert await refunds(there, case) == 0
    [(by,)] = await there.rows(
        "select actor from handrail.audit where case_id = %(c)s and action = 'run_lost'", c=case.case_id
    )
    assert by == "handrail"
    await equal(there, case.case_id)


async def test_what_was_paid_before_is_known_and_not_paid_again(there: House, page: Page) -> None:
    case = await held(there)
    seen = case.approvals[-1]
    wanted = DecisionInput(decision=DecisionKind.APPROVE, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann")
    await there.cases.decide(case.case_id, wanted)
    done = await there.until(case.case_id, lambda view: view.status == "Resolved")
    await there.cases.request_human(case.case_id)
    await there.until(case.case_id, lambda view: view.status == "WithHuman")
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert [one.effect_id for one in back.effects] == [one.effect_id for one in done.effects]
    await there.cases.claim(case.case_id, "bea")
    await there.cases.hand_back(case.case_id, "bea", "Please tell the customer how it stands.")
    await there.until(case.case_id, lambda view: view.turn > back.turn and view.status != "Working")
    assert await refunds(there, case) == 1


async def test_a_resolved_case_goes_on_waiting_for_its_customer(there: House, page: Page) -> None:
    order = await there.order(status="shipped")
    case = await there.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status == "Resolved", case
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    back = await there.until(case.case_id, lambda view: view.customer_id != "")
    assert (back.status, back.reply) == ("Resolved", case.reply)
    assert (await there.cases.say(case.case_id, "I want to talk to a human being.")).case_id == case.case_id
    await with_a_person(there, case.case_id, "customer_asked")


async def test_a_message_that_only_the_lost_run_had_heard_is_not_lost(there: House, page: Page) -> None:
    case = await held(there)
    await page.pause(case.case_id)
    await Wire(there).signal(case.case_id, "message", plain({"message_id": "late-1", "text": "It is urgent, by the way."}))
    await page.terminate(case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    await with_a_person(there, case.case_id, "run_lost")
    assert "It is urgent, by the way." in [one.text for one in await there.world.cases.transcript(case.case_id)]


async def test_an_edit_and_a_withdrawal_that_only_the_lost_run_had_taken_are_not_lost(there: House, page: Page) -> None:
    case = await held(there)
    await there.cases.say(case.case_id, "Take the blue one.", message_id="late-1")
    await there.cases.say(case.case_id, "And hurry, you fools.", message_id="late-2")
    await there.cases.edit_message(case.case_id, "late-1", "Take the red one.")
    await there.cases.withdraw_message(case.case_id, "late-2")
    await with_marks(there, case.case_id, 2)
    await page.terminate(case.case_id)
    # As if nobody had written them down before the run ended.
    await there.rows("delete from handrail.messages where case_id = %(c)s and corrects = 'late-1' returning 1", c=case.case_id)
    unmarked = "update handrail.messages set edited_at = null, withdrawn_at = null where case_id = %(c)s returning 1"
    await there.rows(unmarked, c=case.case_id)
    await mended(there, case.case_id, DifferenceKind.LOST)
    await with_a_person(there, case.case_id, "run_lost")
    await with_marks(there, case.case_id, 2)
    found = {one.text: one.stands for one in await there.world.cases.transcript(case.case_id)}
    assert [found[one] for one in ("Take the blue one.", "Take the red one.", "And hurry, you fools.")] == [False, True, False]


async def with_marks(home: House, case_id: str, count: int) -> None:
    """So many messages are marked in the record as changed by their customer."""

    async def marked() -> bool:
        return sum(not one.stands for one in await home.world.cases.transcript(case_id)) == count

    await wait_for(marked)


async def test_a_deleted_case_comes_back_to_a_person(there: House, page: Page, short_runs: None) -> None:
    """Deleting takes the newest run alone; one that went on in it stays listed."""
    case = await held(there)
    await listed(there.temporal, [case.case_id], "ExecutionStatus = 'ContinuedAsNew'")
    await page.delete(case.case_id)

    async def gone() -> bool:
        try:
            await execution(there.temporal, f"case-{case.case_id}")
        except RPCError as error:
            return error.status is RPCStatusCode.NOT_FOUND
        return False

    await wait_for(gone)
    await mended(there, case.case_id, DifferenceKind.LOST)
    await with_a_person(there, case.case_id, "run_lost")
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "deleted" in packet.escalation.words
    await equal(there, case.case_id)


async def test_a_case_that_reached_a_time_limit_comes_back_to_a_person(there: House) -> None:
    order = await there.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."

    async def over() -> bool:
        return (await execution(there.temporal, f"case-{case_id}")).standing is RunStatus.TIMED_OUT

    # On a slow machine a case needs longer until it asks; there the next one is given longer.
    for seconds in (4, 12, 36):
        case_id = f"t-{uuid4().hex[:12]}"
        opened = {"case_id": case_id, "customer_id": order.customer_id, "message": {"message_id": "m-1", "text": text}}
        limit: dict[str, Any] = {"workflow_execution_timeout": timedelta(seconds=seconds)}
        await Wire(there).start(f"case-{case_id}", plain(opened), **limit)
        await wait_for(over)
        asked = "select 1 from handrail.cases where case_id = %(c)s and status = 'AwaitingApproval'"
        if await there.rows(asked, c=case_id):
            break
    await mended(there, case_id, DifferenceKind.LOST)
    await with_a_person(there, case_id, "run_lost")


async def test_a_case_that_ended_before_it_was_recorded_is_begun_again(there: House, page: Page) -> None:
    order, case_id = await there.order(**HELD), f"t-{uuid4().hex[:12]}"
    opened = {
        "case_id": case_id,
        "customer_id": order.customer_id,
        "message": {"message_id": "m-1", "text": "A human please."},
    }
    await Wire(there).start(f"case-{case_id}", plain(opened), workflow_start_delay=timedelta(hours=1))
    await page.terminate(case_id)
    await mended(there, case_id, DifferenceKind.NEVER_BEGUN)
    await with_a_person(there, case_id, "customer_asked")


async def test_what_another_installation_runs_in_the_same_namespace_is_left_alone(there: House) -> None:
    case_id = f"t-{uuid4().hex[:12]}"
    elsewhere = CaseClient(there.temporal, task_queue="another-installation")
    order = await there.strangers_order(status="shipped")
    await elsewhere.open_case(case_id, order.customer_id, "Where is my order?")
    handle = there.temporal.get_workflow_handle(f"case-{case_id}")
    await handle.terminate("a rehearsal")
    await listed(there.temporal, [case_id], "ExecutionStatus = 'Terminated'")
    found = await reconciler(there).once(fix=True)
    assert case_id not in {one.case_id for one in found.differences}
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_the_same_start_again_brings_a_terminated_case_to_a_person(there: House, page: Page) -> None:
    """What a backend does that sends what was not answered again."""
    order, case_id = await there.order(**HELD), f"t-{uuid4().hex[:12]}"
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    message = {"message_id": "m-1", "text": text}
    given = plain({"case_id": case_id, "customer_id": order.customer_id, "channel": "rehearsal", "message": message})
    await Wire(there).start(f"case-{case_id}", given)
    case = await there.settled(case_id)
    before = [one.text for one in await there.world.cases.transcript(case_id)]
    await Wire(there).signal(case.case_id, "message", plain({"message_id": "late-2", "text": "It is urgent, by the way."}))
    await page.terminate(case.case_id, "wrong tab")
    await Wire(there).start(f"case-{case.case_id}", given)
    back = await with_a_person(there, case.case_id, "run_lost")
    assert (back.customer_id, back.channel) == (case.customer_id, case.channel)
    assert back.version > case.version
    packet = await there.cases.handoff(case.case_id)
    assert packet
    assert "terminated in Temporal by ann: wrong tab" in packet.escalation.words
    said = [one.text for one in await there.world.cases.transcript(case.case_id)]
    assert (said[: len(before)], said.count(text), said.count("It is urgent, by the way.")) == (before, 1, 1)
    assert await refunds(there, case) == 0
    await equal(there, case.case_id)

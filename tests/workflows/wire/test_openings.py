"""First messages in forms of their own, and update-with-start: nothing is lost, and the answer comes at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from handrail.domain.team.commands import Receipt
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.openings import PostgresOpenings
from tests.support.house import House, wait_for
from tests.support.raw import Wire, healthy, plain

LONG = "I would like to know about my parcel. " * 300


@pytest.fixture
def wire(home: House) -> Wire:
    """The server's own interface."""
    return Wire(home)


def opening(case_id: str, customer_id: str, /, **fields: Any) -> dict[str, Any]:
    return {"case_id": case_id, "customer_id": customer_id, "message": {"message_id": "m", "text": "Hello"}} | fields


async def with_start(home: House, case_id: str, given: Any) -> Receipt:
    """The way that the contract shows."""
    start: Any = WithStartWorkflowOperation(
        "case",
        given,
        id=f"case-{case_id}",
        task_queue=home.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    receipt: Receipt = await home.temporal.execute_update_with_start_workflow(
        "open", given, start_workflow_operation=start, result_type=Receipt
    )
    return receipt


async def test_a_first_message_that_is_too_long_reaches_a_person_whole(home: House, wire: Wire) -> None:
    order = await home.order(status="delivered")
    case_id = f"long-{uuid4().hex[:12]}"
    await wire.start(f"case-{case_id}", plain(opening(case_id, order.customer_id, message={"message_id": "m", "text": LONG})))
    case = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, case.language) == ("odd_message", "en")
    packet = await home.cases.handoff(case_id)
    assert packet is not None
    assert "text: has 11,399 characters" in packet.escalation.words
    said = [one.text for one in await PostgresCases(home.pool, home.world.business).transcript(case_id)]
    assert "".join(said[:2]).replace(" ", "") == LONG.replace(" ", "")
    assert await PostgresOpenings(home.pool).of_case(case_id) is not None
    await home.cases.withdraw_message(case_id, "m")
    query = "select count(*) from handrail.messages where case_id = %(c)s and withdrawn_at is not null"

    async def both_are_withdrawn() -> bool:
        return await home.rows(query, c=case_id) == [(2,)]

    await wait_for(both_are_withdrawn)
    await healthy(home, case_id)


@pytest.mark.parametrize("fields", [{"priority": "high"}, {"customer_id": "C 1"}, {"message": ["Where is", "my order?"]}])
async def test_an_odd_form_is_a_case_for_a_person(home: House, wire: Wire, fields: dict[str, Any]) -> None:
    case_id = f"odd-{uuid4().hex[:12]}"
    await wire.start(f"case-{case_id}", plain(opening(case_id, "C-0001", **fields)))
    case = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "odd_message"
    await healthy(home, case_id)


async def test_update_with_start_answers_once_the_case_stands_and_refuses_with_words(home: House) -> None:
    order = await home.order(status="delivered")
    case_id = f"uws-{uuid4().hex[:12]}"
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await with_start(home, case_id, opening(case_id, "", message="Hello?"))
    assert isinstance(refused.value.cause, ApplicationError)
    assert (refused.value.cause.type, "customer_id" in refused.value.cause.message) == ("InvalidInput", True)

    given = opening(case_id, order.customer_id)
    first = await with_start(home, case_id, given)
    assert (first.case_id, first.duplicate, first.notice) == (case_id, False, None)
    assert await home.rows("select 1 from handrail.cases where case_id = %(c)s", c=case_id) == [(1,)]
    assert (await with_start(home, case_id, given)).duplicate
    with pytest.raises(WorkflowUpdateFailedError) as other:
        await with_start(home, case_id, opening(case_id, order.customer_id, message={"message_id": "m", "text": "Else"}))
    assert isinstance(other.value.cause, ApplicationError)
    assert other.value.cause.type == "CaseConflict"
    await home.settled(case_id)
    await healthy(home, case_id)


async def test_a_signal_in_a_form_of_its_own_reaches_a_person_whole(home: House, wire: Wire) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    await wire.signal(case.case_id, "message", plain({"message_id": "m-2", "text": LONG}))
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "odd_message"
    assert "characters" in (case.notice or "")
    await wire.signal(case.case_id, "message", plain({"id": "m 3", "body": "And\x00 this?"}))

    async def all_there() -> bool:
        said = await PostgresCases(home.pool, home.world.business).transcript(case.case_id)
        mine = [one.text for one in said if one.author == "customer"]
        return LONG.replace(" ", "") in "".join(mine).replace(" ", "") and "And  this?" in mine

    assert await wait_for(all_there)
    await healthy(home, case.case_id)


async def test_a_start_under_an_id_that_stands_with_other_content_is_kept_for_somebody(home: House, wire: Wire) -> None:
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    workflow_id = f"case-{case.case_id}"
    await home.temporal.get_workflow_handle(workflow_id).terminate("as an operator does by mistake")
    other = opening(case.case_id, order.customer_id, message={"message_id": "m-9", "text": "Something else."})
    await wire.start(workflow_id, plain(other))

    async def kept() -> bool:
        found = await PostgresOpenings(home.pool).refused(1_000)
        return any(one.workflow_id == workflow_id and "Something else." in one.input for one in found)

    assert await wait_for(kept)

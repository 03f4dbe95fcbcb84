"""Starts that cannot be a case, and memories that nobody's case has."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from handrail.domain.actions.effects import Effect
from handrail.domain.base import digest
from handrail.domain.errors import EffectConflict, InvalidInput
from handrail.postgres.case.openings import PostgresOpenings
from handrail.temporal.cases.wanted import CASE_STATUS
from tests.support.house import House, wait_for
from tests.support.odd import ODD, opening, still_decides, waiting
from tests.support.raw import Wire, histories, plain


@pytest.mark.parametrize(
    "fields",
    [{"customer_id": ""}, {"customer_id": None}, {"message": None}, {"message": {"message_id": "m", "text": "\x00"}}],
)
async def test_what_cannot_be_a_case_fails_at_once_names_the_field_and_is_seen(
    home: House, wire: Wire, fields: dict[str, Any]
) -> None:
    case_id = f"raw-{uuid4().hex[:12]}"
    handle = await wire.start(f"case-{case_id}", plain(opening(case_id, fields)))
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "InvalidInput"
    field = {"message": "text"}.get(next(iter(fields)), next(iter(fields)))
    assert field in cause.message
    with pytest.raises(InvalidInput, match=field):
        await home.cases.status(case_id)
    assert await home.rows("select 1 from handrail.cases where case_id = %(c)s", c=case_id) == []
    assert await handle.query("transcript") == []
    seen = [one for one in await PostgresOpenings(home.pool).refused() if one.workflow_id == f"case-{case_id}"]
    assert [field in one.words and case_id in one.input for one in seen] == [True]
    found = (await handle.describe()).typed_search_attributes.get(CASE_STATUS)
    assert found == "Refused"
    retried = await home.cases.open_case(case_id, "C-0001", "Where is my order?")
    assert not retried.duplicate
    await home.settled(case_id)
    assert f"case-{case_id}" not in [one.workflow_id for one in await PostgresOpenings(home.pool).refused()]


@pytest.mark.parametrize("what", ["nothing", *ODD])
async def test_garbage_starts_no_case_and_leaves_nothing_stuck(home: House, wire: Wire, what: str) -> None:
    case_id = f"raw-{uuid4().hex[:12]}"
    handle = await wire.start(f"case-{case_id}", *ODD.get(what, ()))
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "InvalidInput", failed.value.cause
    assert await handle.query("status") is None
    assert (await handle.describe()).status is WorkflowExecutionStatus.FAILED
    assert len(await histories(home, f"case-{case_id}")) == 1


async def test_a_case_under_any_other_workflow_id_is_refused(home: House, wire: Wire) -> None:
    handle = await wire.start(f"anything-{uuid4().hex}", plain(opening("c-1", {})))
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    assert "must run under the workflow id 'case-c-1'" in str(failed.value.cause)


async def forged(home: House, wire: Wire) -> tuple[str, dict[str, Any]]:
    """The memory of a parked case, as its next run got it, with an approval that nobody gave; under another case's id."""
    case = await waiting(home)

    async def newest() -> Any:
        started = (await histories(home, f"case-{case.case_id}"))[0][0].workflow_execution_started_event_attributes
        return json.loads(started.input.payloads[0].data).get("parked")

    parked = await wait_for(newest)
    approval = parked["approvals"][-1]
    decision = {
        "approval_id": approval["approval_id"],
        "revision": approval["revision"],
        "decision": "approve",
        "arguments": approval["request"]["arguments"],
        "arguments_hash": approval["request"]["arguments_hash"],
        "reviewer": "the boss",
        "identity": "verified",
        "decided_at": approval["opened_at"],
    }
    case_id = f"raw-{uuid4().hex[:12]}"
    text = json.dumps({**parked, "decided": decision, "approvals": [{**approval, "status": "approved", "decision": decision}]})
    forged: dict[str, Any] = json.loads(text.replace(case.case_id, case_id))
    return case_id, forged


async def test_a_forged_memory_opens_nothing(home: House, wire: Wire, short_runs: None) -> None:
    case_id, memory = await forged(home, wire)
    handle = await wire.start(f"case-{case_id}", plain({"parked": memory}))
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 20)
    assert "parked" in str(failed.value.cause)
    assert await home.rows("select 1 from handrail.cases where case_id = %(c)s", c=case_id) == []
    assert await home.rows("select 1 from handrail.actions where case_id = %(c)s", c=case_id) == []


async def test_a_forged_memory_is_refused_however_often_the_server_starts_it(
    home: House, wire: Wire, short_runs: None
) -> None:
    case_id, memory = await forged(home, wire)
    handle = await wire.start(f"case-{case_id}", plain({"parked": memory}), cron_schedule="@every 1s")
    again = home.temporal.get_workflow_handle(f"case-{case_id}")

    async def next_run() -> str | None:
        now = (await again.describe()).run_id
        return None if now == handle.run_id else now

    second = home.temporal.get_workflow_handle(f"case-{case_id}", run_id=await wait_for(next_run))

    async def refused() -> list[str]:
        found = [event.workflow_execution_failed_event_attributes.failure async for event in second.fetch_history_events()]
        return [failure.message for failure in found if failure.message]

    assert (await wait_for(refused))[0].startswith("parked: ")
    await again.terminate("the test is over")
    assert await home.rows("select 1 from handrail.cases where case_id = %(c)s", c=case_id) == []


async def test_the_ledger_knows_nothing_of_a_forged_approval(home: House, wire: Wire) -> None:
    case = await waiting(home)
    approval = case.approvals[0]
    arguments = approval.request.arguments
    effect = Effect(
        effect_id=approval.approval_id,
        case_id=case.case_id,
        customer_id=case.customer_id,
        action=approval.request.action,
        arguments=arguments,
        arguments_hash=digest(arguments),
        approved_by="the boss",
    )
    for forged_effect in (effect, effect.model_copy(update={"effect_id": str(uuid4())})):
        with pytest.raises(EffectConflict):
            await home.world.record.apply(forged_effect)
    refunded = await home.rows("select 1 from shop.refunds where order_id = %(o)s", o=arguments["order_id"])
    assert refunded == []
    await still_decides(home, case)

"""Words of an earlier turn are edited or deleted while a turn is at work: the agent has read them all, so it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from graphs.state import CaseState
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.cases import CaseOpen, CaseStatus, CaseView
from handrail.domain.case.changes import CHANGED
from handrail.domain.case.messages import IncomingMessage
from tests.support.deployed import deployed
from tests.support.house import House, wait_for
from tests.workflows.changes.test_edits import SLOW, opened
from tests.workflows.test_confirmations import Held, stopping
from tests.workflows.test_paths import HELD, decision, refunds
from workflows.handlers.changing import withdraw
from workflows.memory.case import CaseMemory
from workflows.steps.heeding import came_late
from workflows.steps.record import take_inbox

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


async def change(home: House, case_id: str, how: str, text: str) -> None:
    if how == "edit":
        await home.cases.edit_message(case_id, "first", text)
    else:
        await home.cases.withdraw_message(case_id, "first")


@pytest.mark.parametrize("how", ["edit", "withdraw"])
async def test_a_change_of_an_earlier_message_begins_the_turn_anew(home: House, how: str) -> None:
    wrong, right = [await home.order(status=status) for status in ("shipped", "delivered")]
    case_id, _ = await opened(home, right.customer_id, f"Where is my order {wrong.order_id}?")
    await home.settled(case_id)
    before = len(await home.model.requests(case_id))
    await home.model.script(right.order_id, SLOW)
    await home.cases.say(case_id, f"And where is my order {right.order_id}?", message_id="second")
    await wait_for(lambda: asked_again(home, case_id, before))
    await change(home, case_id, how, "Hello there.")
    done = await home.until(case_id, lambda view: view.turn >= 3 and view.status != "Working")
    assert right.order_id in (done.reply or "")
    newest = str((await home.model.requests(case_id))[-1])
    assert f"Where is my order {wrong.order_id}" not in newest
    assert done.reason is None


async def asked_again(home: House, case_id: str, than: int) -> bool:
    return len(await home.model.requests(case_id)) > than


async def held_refund(home: House) -> CaseView:
    """A case whose first turn answered, and whose second waits for a person's approval."""
    order = await home.strangers_order(**HELD)
    case_id, _ = await opened(home, order.customer_id, f"Where is my order {order.order_id}?")
    await home.settled(case_id)
    await home.cases.say(
        case_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.", message_id="second"
    )
    return await home.until(case_id, lambda view: view.status == "AwaitingApproval")


@pytest.mark.parametrize("how", ["edit", "withdraw"])
async def test_a_person_hears_where_earlier_words_are_changed_behind_an_approval(home: House, how: str) -> None:
    deciding = Held(home.world.cases, "commit", lambda one: any(each.status == "approved" for each in one.approvals))
    async with deployed(replace(home, world=replace(home.world, cases=deciding))) as slow:
        case = await held_refund(slow)
        await slow.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
        await deciding.reached.wait()
        await change(slow, case.case_id, how, "It is the other order that arrived broken.")
        await wait_for(lambda: stopping(slow, case.case_id))
        deciding.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (gone.reason, gone.effects) == ("customer_unsure", [])
    assert await refunds(home, case.case_id) == [("refund_order", "approved", "ann")]


async def test_a_change_while_the_agent_goes_on_for_a_person_gives_the_case_back_to_them(home: House) -> None:
    order = await home.order(status="shipped")
    case_id, _ = await opened(home, order.customer_id, f"I want to talk to a person about order {order.order_id}.")
    await home.until(case_id, lambda view: view.status == "WithHuman")
    await home.cases.claim(case_id, "bea")
    before = len(await home.model.requests(case_id))
    await home.model.script(order.order_id, SLOW)
    await home.cases.hand_back(case_id, "bea", f"Tell them where order {order.order_id} is.", topic="order_status")
    await wait_for(lambda: asked_again(home, case_id, before))
    await home.cases.withdraw_message(case_id, "first")
    gone = await home.until(case_id, lambda view: view.turn == 2 and view.status == "WithHuman")
    assert gone.reason == "customer_unsure"


def ended(status: CaseStatus, **more: Any) -> CaseMemory:
    """A case whose message was withdrawn while its turn ended."""
    case = CaseMemory.of(
        CaseOpen(case_id="c", customer_id="C-1", message=IncomingMessage(message_id="first", text="Refund A.")), NOW
    )
    case.fresh = False
    take_inbox(case)
    withdraw(case, {"message_id": "first"}, NOW)
    case.row = case.row.model_copy(update={"status": status})
    return case.model_copy(update=more)


def test_what_a_turn_did_that_had_ended_by_then_is_told_to_a_person() -> None:
    done = EffectResult(effect_id=str(uuid4()), action="refund_order", arguments={}, status="applied", applied_at=NOW)
    for status, effects, why in (
        (CaseStatus.RESOLVED, [done], CHANGED),
        (CaseStatus.RESOLVED, [], None),
        (CaseStatus.WITH_HUMAN, [done], None),
    ):
        case = ended(status, effects=effects)
        came_late(case, CaseState(row=case.row))
        assert case.interruption == why

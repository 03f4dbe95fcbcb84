"""Words are changed at the very moment at which their turn makes an effect: once that is answered, none begins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.case.changes import ANEW, CHANGED_AGAIN
from tests.support.deployed import deployed
from tests.support.house import House, wait_for
from tests.workflows.changes.test_edits import changed, opened
from tests.workflows.test_confirmations import Held, stopping
from tests.workflows.test_paths import HELD, decision

SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
REFUNDS = "select r.amount from shop.refunds r join handrail.actions a using (effect_id) where a.case_id = %(c)s"
SENT = (
    "insert into handrail.effect_attempts (effect_id) select effect_id from handrail.actions where case_id = %(c)s returning 1"
)
LEDGER = "select status from handrail.actions where case_id = %(c)s and action = 'refund_order'"
HALTED = "select halted is not null from handrail.cases where case_id = %(c)s"
MUG = "One mug of order {} arrived broken. Could you refund {} USD for it please?"


class Away:
    """Cases whose word that a turn is halted cannot be written; everything else is the port's own."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self.tried = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    async def halt(self, case_id: str, token: str) -> None:
        self.tried += 1
        raise ConnectionError("away")


@asynccontextmanager
async def at_the_effect(home: House, **world: Any) -> AsyncIterator[tuple[House, Held]]:
    """A worker that waits before the transaction of each effect, until told to go."""
    record = Held(home.world.record, "apply", lambda one: True)
    async with deployed(replace(home, world=replace(home.world, record=record, **world))) as slow:
        yield slow, record


async def approved(slow: House, record: Held) -> CaseView:
    """A refund that a person approved, of a customer who was asked nothing; its effect is about to begin."""
    order = await slow.strangers_order(**HELD)
    case_id, _ = await opened(
        slow, order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD."
    )
    case = await slow.until(case_id, lambda view: view.status == "AwaitingApproval")
    await slow.cases.decide(case_id, decision(case, DecisionKind.APPROVE))
    await record.reached.wait()
    return case


@pytest.mark.parametrize("how", ["edit", "withdraw"])
async def test_what_a_person_approved_is_not_made_any_more(home: House, how: str) -> None:
    """The turn hears that it is to stop later than it comes to its effect."""
    async with at_the_effect(home) as (slow, record):
        case = await approved(slow, record)
        await changed(slow, case, how, "first")
        assert await home.rows(HALTED, c=case.case_id) == [(True,)]
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (gone.reason, gone.effects) == ("customer_unsure", [])
    assert await home.rows(REFUNDS, c=case.case_id) == []
    packet = await home.world.cases.handoff(case.case_id)
    assert packet is not None
    assert [line for line in packet.tried if "NOT carried out" in line]


async def test_what_needs_nobodys_yes_is_made_as_the_customer_says_now(home: House) -> None:
    async with at_the_effect(home) as (slow, record):
        order = await slow.strangers_order(**SMALL)
        case_id, first = await opened(slow, order.customer_id, MUG.format(order.order_id, "12.50"))
        await record.reached.wait()
        await slow.cases.edit_message(case_id, first, MUG.format(order.order_id, "11.50"))
        record.go.set()
        done = await slow.settled(case_id)
    assert (done.status, [one.status for one in done.effects]) == ("Resolved", ["applied"])
    assert [str(amount) for (amount,) in await home.rows(REFUNDS, c=case_id)] == ["11.50"]


async def test_what_was_sent_and_not_answered_is_for_a_person_and_not_sent_again(home: House) -> None:
    async with at_the_effect(home) as (slow, record):
        order = await slow.strangers_order(**SMALL)
        case_id, first = await opened(slow, order.customer_id, MUG.format(order.order_id, "12.50"))
        await record.reached.wait()
        assert await home.rows(SENT, c=case_id)
        await slow.cases.edit_message(case_id, first, MUG.format(order.order_id, "11.50"))
        record.go.set()
        gone = await slow.until(case_id, lambda view: view.status == "WithHuman")
    assert gone.effects == []
    packet = await home.world.cases.handoff(case_id)
    assert packet is not None
    assert [line for line in packet.tried if line.startswith("Sent, and nobody knows whether it was done: ")]
    assert await home.rows(REFUNDS, c=case_id) == []


async def test_words_that_are_changed_while_the_turn_is_stopped_for_a_person_keep_it_from_its_effect(home: House) -> None:
    async with at_the_effect(home) as (slow, record):
        case = await approved(slow, record)
        await slow.cases.request_human(case.case_id)
        await wait_for(lambda: stopping(slow, case.case_id))
        assert await home.rows(HALTED, c=case.case_id) == [(False,)]
        await slow.cases.withdraw_message(case.case_id, "first")
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert gone.effects == []
    assert await home.rows(REFUNDS, c=case.case_id) == []


async def test_a_change_is_taken_and_the_turn_stopped_where_the_word_cannot_be_written(home: House) -> None:
    cases = Away(home.world.cases)
    async with at_the_effect(home, cases=cases) as (slow, record):
        case = await approved(slow, record)
        await slow.cases.withdraw_message(case.case_id, "first")
        await wait_for(lambda: stopping(slow, case.case_id))
        record.go.set()
        gone = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
    assert cases.tried == 2
    # The effect had been reached, and the ledger knew nothing of the change: a person hears that it was made.
    assert (gone.reason, [one.status for one in gone.effects]) == ("customer_unsure", ["applied"])
    assert await home.rows(LEDGER, c=case.case_id) == [("applied",)]


async def test_who_edits_again_and_again_gets_a_person_and_no_model_is_asked_any_more(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": 60}, times=ANEW + 1)
    case_id, first = await opened(home, order.customer_id, f"Where is my order {order.order_id}?")
    for number in range(1, ANEW + 2):
        await wait_for(partial(asked_so_often, home, order.order_id, number))
        await home.cases.edit_message(case_id, first, f"Where is order {order.order_id}? I ask since day {number}.")
    gone = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert gone.reason == "customer_unsure"
    packet = await home.world.cases.handoff(case_id)
    assert packet is not None
    assert packet.escalation.words == CHANGED_AGAIN.words
    assert packet.wanted.endswith(f"since day {ANEW + 1}.")
    assert await asked_so_often(home, order.order_id, ANEW + 1)


async def asked_so_often(home: House, order_id: str, times: int) -> bool:
    return len(await home.model.requests(order_id)) == times

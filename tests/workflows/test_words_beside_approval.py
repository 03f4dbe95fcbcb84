"""Words that a customer writes while an approval waits are routed like any others, and nobody decides before they are read."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from temporalio.client import WorkflowUpdateFailedError

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.errors import ApprovalRefused
from tests.support.deployed import deployed
from tests.support.house import House, wait_for
from tests.workflows.test_paths import ENDED, decision, held_refund
from tests.workflows.test_several_wishes import left
from workflows.options import TASK_TRIES

DISPUTE = "By the way, you charged me twice for the same order."
THREAT = "My card was stolen yesterday and somebody is shopping with it!"


@pytest.mark.parametrize(
    ("words", "reason", "topic", "risk"),
    [
        (DISPUTE, "people_only", "dispute", "elevated"),
        (THREAT, "risk", "fraud", "high"),
        ("The weather is nice today", "out_of_scope", "refund", "low"),
        ("Mitä kuuluu minun pyyntööni, milloin saan rahani takaisin tililleni?", "unsupported_language", "refund", "low"),
    ],
)
async def test_what_is_for_people_reaches_them(home: House, words: str, reason: str, topic: str, risk: str) -> None:
    case, _ = await held_refund(home)
    await home.cases.say(case.case_id, words)
    after = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (after.reason, after.topic, after.effects) == (reason, topic, [])
    packet = await home.cases.handoff(case.case_id)
    assert packet
    assert (packet.topic, packet.risk) == (topic, risk)
    assert [one.status for one in after.approvals] == ["withdrawn"]


@pytest.mark.parametrize("words", ["Hello? Is anyone there?", "Hallo, ist da jemand?", "Thank you so much!", "??"])
async def test_words_that_wish_nothing_leave_the_approval_to_be_decided_and_are_shown(home: House, words: str) -> None:
    case, _ = await held_refund(home)
    await home.cases.say(case.case_id, words)
    again = await home.until(case.case_id, lambda view: view.approvals[0].revision > 1)
    assert (again.status, again.topic, again.approvals[0].status) == ("AwaitingApproval", "refund", "open")
    assert "wrote again" in (again.notice or "")

    async def recorded() -> bool:
        return words in [one.text for one in await home.world.cases.transcript(case.case_id)]

    await wait_for(recorded)
    await home.cases.decide(case.case_id, decision(again, DecisionKind.APPROVE))
    after = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in after.effects] == ["applied"]


async def test_a_wish_for_a_person_beside_a_greeting_is_heard(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.say(case.case_id, "Hello? Is anyone there?")
    again = await home.until(case.case_id, lambda view: view.approvals[0].revision > 1)
    await home.cases.say(case.case_id, "Hello? I want to talk to a real person.")
    after = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (after.reason, again.topic) == ("customer_asked", "refund")


async def test_a_threat_while_the_agent_thinks_goes_where_it_belongs(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": 60}, None)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(case.case_id))
    await home.cases.say(case.case_id, THREAT)
    after = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (after.reason, after.topic, after.risk, after.queue) == ("risk", "fraud", "high", "fraud")


async def test_a_second_wish_reaches_a_person_behind_what_was_approved(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.say(case.case_id, "And also cancel order O-10002, please.")
    again = await home.until(case.case_id, lambda view: view.approvals[0].revision > 1)
    await home.cases.say(case.case_id, "Thanks, and please hurry.")
    again = await home.until(case.case_id, lambda view: view.approvals[0].revision > again.approvals[0].revision)
    assert "wrote again" in (again.notice or "")
    await home.cases.decide(case.case_id, decision(again, DecisionKind.APPROVE))
    after = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (after.reason, [one.status for one in after.effects]) == ("further_wish", ["applied"])
    assert await left(home, case.case_id) == [
        "The customer also writes about cancel order, which nobody has seen to: “And also cancel order O-10002, please.”"
    ]


async def test_the_case_ends_where_nothing_else_was_wished(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.say(case.case_id, "Thanks, and please hurry.")
    again = await home.until(case.case_id, lambda view: view.approvals[0].revision > 1)
    await home.cases.decide(case.case_id, decision(again, DecisionKind.APPROVE))
    after = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in after.effects] == ["applied"]


class SlowToRead:
    """The record, which does not know a customer while it is `slow`: the steps within a task fail, the server's waits."""

    def __init__(self, record: Any) -> None:
        self._record, self._tries = record, 0
        self.slow, self.reached, self.go = False, asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)

    async def known_customer(self, customer_id: str) -> bool:
        if self.slow:
            self._tries += 1
            if self._tries <= TASK_TRIES:
                raise psycopg.OperationalError("away")
            self.reached.set()
            await self.go.wait()
        return bool(await self._record.known_customer(customer_id))


async def test_nobody_approves_before_what_was_just_written_is_read(home: House) -> None:
    record = SlowToRead(home.world.cases)
    async with deployed(replace(home, world=replace(home.world, cases=record))) as slow:
        case, _ = await held_refund(slow)
        approve = case.approvals[0].update_names[0]
        record.slow = True
        await slow.cases.say(case.case_id, "Thanks, and please hurry.")
        await record.reached.wait()
        with pytest.raises(ApprovalRefused, match="has just written"):
            await slow.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
        handle = slow.temporal.get_workflow_handle(f"case-{case.case_id}")
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update(approve, args=[])
        await handle.signal(approve, args=[])
        shown = await slow.until(case.case_id, lambda view: view.notice is not None)
        assert "has just written" in (shown.notice or "")
        await slow.cases.say(case.case_id, DISPUTE)
        record.slow = False
        record.go.set()
        after = await slow.until(case.case_id, lambda view: view.status == "WithHuman")
        assert (after.reason, after.effects) == ("people_only", []), "what came in while the first was read is heard, too"


async def test_a_refused_click_is_still_shown_once_the_words_are_read_and_a_rejection_counts_at_once(home: House) -> None:
    record = SlowToRead(home.world.cases)
    async with deployed(replace(home, world=replace(home.world, cases=record))) as slow:
        case, _ = await held_refund(slow)
        other, _ = await held_refund(slow)
        record.slow = True
        await slow.cases.say(case.case_id, "Thanks, and please hurry.")
        await record.reached.wait()
        handle = slow.temporal.get_workflow_handle(f"case-{case.case_id}")
        await handle.signal(case.approvals[0].update_names[0], args=[])
        await slow.until(case.case_id, lambda view: view.notice is not None)
        await slow.cases.say(other.case_id, "Thanks, and please hurry.")
        await slow.cases.decide(other.case_id, decision(other, DecisionKind.REJECT))
        record.slow = False
        record.go.set()
        again = await slow.until(case.case_id, lambda view: view.approvals[0].revision > 1)
        assert "has just written" in (again.notice or "")
        await slow.cases.decide(case.case_id, decision(again, DecisionKind.APPROVE))
        done = await slow.until(case.case_id, lambda view: view.status in ENDED)
        assert [one.status for one in done.effects] == ["applied"]
        rejected = await slow.until(other.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
        assert [one.status for one in rejected.approvals] == ["rejected"]

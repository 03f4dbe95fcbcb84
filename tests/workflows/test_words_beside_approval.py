"""Words that a customer writes while an approval waits are routed like any others."""

from __future__ import annotations

import pytest

from handrail.domain.actions.approvals import DecisionKind
from tests.support.house import House
from tests.workflows.test_paths import ENDED, decision, held_refund
from tests.workflows.test_several_wishes import left

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

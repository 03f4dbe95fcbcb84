"""Every way a case can go, on real parts."""

from __future__ import annotations

from handrail.domain.approvals import DecisionInput, DecisionKind
from tests.house import House


async def test_a_question_is_answered_with_facts_and_says_that_an_assistant_answers(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Hi, where is my order {order.order_id}? When will it be delivered?")
    assert case.status in ("Resolved", "AwaitingCustomer"), case
    assert case.topic == "order_status"
    assert case.reply is not None
    assert order.order_id in case.reply
    assert case.reply.startswith(home.world.business.disclosure["en"])


async def test_a_refund_above_the_threshold_waits_and_happens_once(home: House) -> None:
    order = await home.order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    case = await home.open(order.customer_id, text)
    assert case.status == "AwaitingApproval", case
    approval = case.approvals[0]
    assert approval.request.action == "refund_order"
    assert len(approval.update_names) == 2
    wanted = DecisionInput(decision=DecisionKind.APPROVE, approval_id=approval.approval_id, reviewer="ann")
    await home.cases.decide(case.case_id, wanted)
    case = await home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingCustomer"))
    assert [one.action for one in case.effects] == ["refund_order"]
    assert case.effects[0].status == "applied"

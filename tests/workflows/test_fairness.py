"""Waiting work has its place in Temporal's queue: people's first, and one customer's turns among all others'."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType

from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.case.fairness import fairness_key
from tests.support.house import House

SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
SMALL = {
    "status": "delivered",
    "refunded": False,
    "delivered_within_days": 25,
    "refundable_over": 100,
    "refundable_under": 190,
}


async def test_a_customers_turn_stands_behind_a_decision_and_both_under_the_customers_key(home: House) -> None:
    order = await home.strangers_order(**SMALL)
    case = await home.open(order.customer_id, f"I want my money back for order {order.order_id}.")
    assert case.status == "AwaitingApproval"
    shown = case.approvals[0]
    about = {"approval_id": shown.approval_id, "revision": shown.revision, "reviewer": "ann"}
    await home.cases.decide(case.case_id, DecisionInput.model_validate({"decision": "approve", **about}))
    await home.settled(case.case_id)
    events = (await home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()).events
    asked = [one.activity_task_scheduled_event_attributes for one in events if one.event_type == SCHEDULED]
    turns = [one.priority.priority_key for one in asked if one.activity_type.name == "case.turn"]
    assert turns == [3, 1], "the customer's turn, and the one behind the decision"
    assert all(one.priority.priority_key == 1 for one in asked if one.activity_type.name != "case.turn")
    begun = events[0].workflow_execution_started_event_attributes.priority
    keys = {one.priority.fairness_key for one in asked if one.activity_type.name == "case.turn"}
    # What else a case asks for inherits the key it was begun with.
    assert keys | {begun.fairness_key} == {fairness_key(order.customer_id)}
    assert order.customer_id not in str([begun, *(one.priority for one in asked)])

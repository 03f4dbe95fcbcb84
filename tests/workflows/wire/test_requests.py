"""What people said to the agent's wishes, and what follows from it; the model is told what to say."""

from __future__ import annotations

from typing import Any

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.shop.records.find import FoundOrder
from tests.support.house import House

HELD = {"status": "delivered", "refunded": False, "refundable_over": 300, "refundable_under": 480}
DONE = ("Resolved", "AwaitingCustomer")
ARRIVES = "It arrives on 3 December 2026."


def refund(order: FoundOrder, amount: str) -> dict[str, Any]:
    return {"tool": "refund_order", "arguments": {"order_id": order.order_id, "amount": amount}}


async def decided(home: House, case: CaseView, kind: DecisionKind) -> CaseView:
    """The case once the newest question is decided and the next one asked, or nothing is left to ask."""
    seen = next(one for one in reversed(case.approvals) if one.status == "open")
    wanted = DecisionInput(decision=kind, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann")
    await home.cases.decide(case.case_id, wanted)

    def fits(view: CaseView) -> bool:
        later = any(one.status == "open" and one.revision > seen.revision for one in view.approvals)
        return later if view.status == "AwaitingApproval" else view.status != "Working"

    return await home.until(case.case_id, fits)


async def test_two_held_refunds_need_two_decisions_on_true_figures(home: House) -> None:
    order = await home.order(**HELD)
    await home.model.script(order.order_id, {"calls": [refund(order, "121.00"), refund(order, "122.00")]})
    reply = {"reply": "I have refunded 121.00 USD and 122.00 USD.", "confidence": 0.95, "disposition": "resolved"}
    case = await home.open(order.customer_id, f"Please refund 121.00 USD and 122.00 USD on order {order.order_id}.")
    assert case.status == "AwaitingApproval"

    case = await decided(home, case, DecisionKind.APPROVE)
    assert case.approvals[0].request.title == f"Refund 122.00 USD for order {order.order_id}"
    before = order.customer_refunded + 121
    assert case.approvals[0].request.shown["Refunded to this customer in 30 days"] == f"{before:.2f} USD"
    await home.model.script(order.order_id, reply)
    case = await decided(home, case, DecisionKind.APPROVE)

    assert (case.status, len(case.approvals)) == ("Resolved", 2)
    assert [one.arguments["amount"] for one in case.effects] == [121, 122]


async def test_a_rejection_forbids_what_was_rejected_alone(home: House) -> None:
    order = await home.order(**HELD)
    await home.model.script(order.order_id, {"calls": [refund(order, "123.00"), refund(order, "124.00")]})
    case = await home.open(order.customer_id, f"Please refund 123.00 USD and 124.00 USD on order {order.order_id}.")

    case = await decided(home, case, DecisionKind.REJECT)
    assert case.approvals[0].request.title == f"Refund 124.00 USD for order {order.order_id}"
    reply = {"reply": "I have refunded 124.00 USD.", "confidence": 0.95, "disposition": "resolved"}
    await home.model.script(order.order_id, reply)
    case = await decided(home, case, DecisionKind.APPROVE)
    assert (case.status, [one.arguments["amount"] for one in case.effects]) == ("Resolved", [124])

    await home.model.script(order.order_id, {"calls": [refund(order, "5.00")]})
    await home.cases.say(case.case_id, f"Then give me 5.00 USD for the box of order {order.order_id}.")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert case.reason != "approval_rejected"


async def test_what_a_colleague_found_out_reaches_the_customer(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"reply": "I am not sure.", "confidence": 0.1, "disposition": "resolved"})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status == "WithHuman"

    said = {"reply": ARRIVES, "confidence": 0.95, "disposition": "resolved"}
    await home.model.script(order.order_id, said)
    await home.cases.hand_back(case.case_id, "bea", f"The parcel is found; tell the customer: {ARRIVES}")
    case = await home.until(case.case_id, lambda view: view.status != "Working" and view.turn == 2)
    assert (case.status, case.reason) == ("Resolved", None)
    assert ARRIVES in (case.reply or "")

    await home.model.script(order.order_id, said)
    await home.cases.say(case.case_id, "Tell me the day again, please.")
    case = await home.until(case.case_id, lambda view: view.status != "Working" and view.turn == 3)
    assert (case.status, case.reason) == ("Resolved", None)


async def test_a_case_that_a_person_ended_is_the_agents_when_it_goes_on(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, "I would like to talk to a real person, please.")
    await home.cases.claim(case.case_id, "bea")
    await home.cases.resolve(case.case_id, "bea", note="answered")
    await home.until(case.case_id, lambda view: view.status == "Resolved")

    await home.model.script(order.order_id, {"reply": "It is on its way.", "confidence": 0.95, "disposition": "resolved"})
    await home.cases.say(case.case_id, f"Where is my order {order.order_id}?")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")

    assert (case.status, case.tier, case.queue, case.assignee, case.reason) == ("Resolved", 0, None, None, None)
    told = await home.temporal.get_workflow_handle(f"case-{case.case_id}").describe()
    values = {pair.key.name: pair.value for pair in told.typed_search_attributes}
    assert (values["CaseTier"], values.get("CaseQueue"), values.get("CaseReason")) == ("0", None, None)

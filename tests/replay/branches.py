"""Every way that a case can go, driven live."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from tests.support.house import House, quiet, wait_for

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
LARGE = {"status": "delivered", "refunded": False, "refundable_over": 600}
ENDED = ("Resolved", "AwaitingCustomer")
PERSON = "I would like to talk to a real person, please."


async def ask(home: House, **behaviour: Any) -> str:
    """A question about an order; the model answers by its rules, or as `behaviour` says."""
    order = await home.order(status="shipped")
    text = f"Where is my order {order.order_id}?"
    if behaviour:
        await home.model.script(order.order_id, behaviour)
    case = await home.open(order.customer_id, text, wait="latency_seconds" not in behaviour)
    if "latency_seconds" in behaviour:
        await wait_for(lambda: home.model.requests(case.case_id))
    return case.case_id


async def resolved(home: House) -> str:
    return await ask(home, reply="It is on its way.", confidence=0.95, disposition="resolved")


async def reply(home: House) -> str:
    return await ask(home, reply="Which parcel do you mean?", confidence=0.95, disposition="awaiting_customer")


async def small_refund(home: House) -> str:
    order = await home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    return (await home.open(order.customer_id, text)).case_id


async def held(home: House) -> CaseView:
    """A refund that waits for approval."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    return case


async def decide(home: House, kind: DecisionKind, **fields: Any) -> str:
    case = await held(home)
    seen = case.approvals[0]
    wanted = DecisionInput(decision=kind, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann", **fields)
    await home.cases.decide(case.case_id, wanted)
    await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    return case.case_id


async def approved(home: House) -> str:
    return await decide(home, DecisionKind.APPROVE)


async def rejected(home: House) -> str:
    return await decide(home, DecisionKind.REJECT, note="not within policy")


async def edited(home: House) -> str:
    return await decide(home, DecisionKind.EDIT, arguments={"amount": "80.00"})


async def expired(home: House) -> str:
    order = await home.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    case = await home.open(order.customer_id, text)
    await home.until(case.case_id, lambda view: view.status == "WithHuman")
    return case.case_id


async def blocked(home: House) -> str:
    order = await home.order(**LARGE)
    text = f"I want a full refund of {order.refundable} USD for order {order.order_id}."
    return (await home.open(order.customer_id, text)).case_id


async def human(home: House) -> str:
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, PERSON)
    await home.cases.claim(case.case_id, "bea")
    await home.cases.reply(case.case_id, "bea", "Hello, this is Bea.", message_id=f"bea-{case.case_id}")
    await home.cases.resolve(case.case_id, "bea", note="answered")
    await home.until(case.case_id, lambda view: view.status == "Resolved")
    return case.case_id


async def out_of_scope(home: House) -> str:
    order = await home.order(status="delivered")
    return (await home.open(order.customer_id, "Can you recommend a good pasta recipe for eight guests?")).case_id


async def second_turn(home: House) -> str:
    case_id = await resolved(home)
    await home.cases.say(case_id, "And when will it arrive?")
    await home.until(case_id, lambda view: view.turn == 2 and view.status != "Working")
    return case_id


async def handed_back(home: House) -> str:
    case_id = await ask(home, reply="I am not sure.", confidence=0.1, disposition="resolved")
    await wait_for(lambda: quiet(home.temporal, case_id))
    await home.cases.hand_back(case_id, "bea", "The parcel is on its way; tell them so.")
    await home.until(case_id, lambda view: view.status in ENDED)
    return case_id


async def cut_short(home: House) -> str:
    case_id = await ask(home, latency_seconds=30)
    await home.cases.say(case_id, "I want to talk to a human now.")
    await home.until(case_id, lambda view: view.status == "WithHuman")
    return case_id


async def changed(home: House) -> str:
    """Edited while the model is asked, and withdrawn after the reply to what it says then."""
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": 30})
    case_id = f"t-{uuid4().hex[:12]}"
    first = f"Where is my order {order.order_id}?"
    await home.cases.open_case(case_id, order.customer_id, first, channel="rehearsal", message_id="first")
    await wait_for(lambda: home.model.requests(order.order_id))
    await home.cases.edit_message(case_id, "first", f"Where is my order {order.order_id}, please?")
    await home.settled(case_id)
    await home.cases.withdraw_message(case_id, "first")
    return case_id


async def untaken(home: House) -> str:
    """Other words under the id of a message before them, by signal."""
    case_id = await resolved(home)
    await home.cases.say(case_id, "Thanks!", message_id="m-2")
    await home.settled(case_id)
    handle = home.temporal.get_workflow_handle(f"case-{case_id}")
    await handle.signal("message", {"message_id": "m-2", "text": "And my other order?"})
    await home.until(case_id, lambda view: "sent before with other text" in (view.notice or ""))
    return case_id


async def model_failure(home: House) -> str:
    return await ask(home, status=401)


async def cancelled(home: House) -> str:
    case_id = await ask(home, latency_seconds=30)
    await home.temporal.get_workflow_handle(f"case-{case_id}").cancel()
    await home.until(case_id, lambda view: view.status == "WithHuman")
    return case_id


async def closed(home: House) -> str:
    case_id = await resolved(home)
    handle = home.temporal.get_workflow_handle(f"case-{case_id}")
    await handle.signal("close_case")
    await handle.result()
    return case_id


@dataclass(frozen=True, slots=True)
class Branch:
    """`drive` takes it and gives the case's id. The rest is what its histories must show: the values that the search
    attributes CaseStatus and CaseReason went through, and words that do and do not occur among activities, updates,
    signals and other events."""

    drive: Callable[[House], Awaitable[str]]
    statuses: tuple[str, ...]
    reason: str | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


BRANCHES = {
    "resolved": Branch(resolved, ("Working", "Resolved"), has=("case.turn",), lacks=("continued", "record.commit")),
    "reply": Branch(reply, ("Working", "AwaitingCustomer"), has=("case.turn",), lacks=("continued",)),
    "small_refund": Branch(small_refund, ("Working", "Resolved"), has=("case.turn",), lacks=("decide",)),
    "approved": Branch(approved, ("Working", "AwaitingApproval", "Working", "Resolved"), has=("decide", "case.turn")),
    "rejected": Branch(rejected, ("Working", "AwaitingApproval", "Working"), "agent_asked", ("decide",)),
    "edited": Branch(edited, ("Working", "AwaitingApproval", "Working", "Resolved"), has=("decide",)),
    "expired": Branch(
        expired, ("Working", "AwaitingApproval", "WithHuman"), "approval_expired", ("record.commit",), ("decide",)
    ),
    "blocked": Branch(blocked, ("Working", "WithHuman"), "policy_block", ("case.turn",), ("decide",)),
    "human": Branch(human, ("Working", "WithHuman", "Resolved"), "customer_asked", ("claim", "reply", "resolve")),
    "out_of_scope": Branch(out_of_scope, ("Working", "WithHuman"), "out_of_scope", ("case.turn",)),
    "second_turn": Branch(second_turn, ("Working", "Resolved", "Working"), has=("send_message",), lacks=("continued",)),
    "handed_back": Branch(handed_back, ("Working", "WithHuman", "Working"), "low_confidence", ("hand_back", "case.turn")),
    "cut_short": Branch(cut_short, ("Working", "WithHuman"), "customer_asked", ("ACTIVITY_TASK_CANCEL_REQUESTED",)),
    "changed": Branch(
        changed,
        ("Working", "Resolved"),
        has=("edit_message", "withdraw_message", "ACTIVITY_TASK_CANCEL_REQUESTED"),
    ),
    "untaken": Branch(untaken, ("Working", "Resolved"), has=("send_message", "message")),
    "model_failure": Branch(model_failure, ("Working", "WithHuman"), "model_rejected", ("case.turn",)),
    "cancelled": Branch(cancelled, ("Working", "WithHuman"), "cancelled", ("WORKFLOW_EXECUTION_CANCEL_REQUESTED",)),
    "closed": Branch(closed, ("Working", "Resolved", "Closed"), has=("close_case", "WORKFLOW_EXECUTION_COMPLETED")),
    "continued": Branch(second_turn, ("Working", "Resolved", "Working"), has=("continued", "send_message")),
}

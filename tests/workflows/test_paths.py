"""Every way a case can go, on real parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.case.ratings import RateCase, RatedCase
from handrail.domain.errors import ApprovalRefused, IllegalTransition, InvalidInput, UnknownCase
from handrail.llm.offline.wire import OFFLINE_MODEL
from tests.support.costs import history
from tests.support.house import House, wait_for

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
ENDED = ("Resolved", "AwaitingCustomer")


async def held_refund(home: House) -> tuple[CaseView, Decimal]:
    """A case whose refund waits for approval, and its amount."""
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case, order.refundable


def decision(case: CaseView, kind: DecisionKind, **fields: Any) -> DecisionInput:
    """A decision on the case's open approval."""
    seen = case.approvals[0]
    fields = {"approval_id": seen.approval_id, "revision": seen.revision, "reviewer": "ann", **fields}
    return DecisionInput(decision=kind, **fields)


async def refunds(home: House, case_id: str) -> list[tuple[Any, ...]]:
    """What the ledger and the shop hold for the case."""
    return await home.rows(
        "select action, status, approved_by from handrail.actions where case_id = %(c)s and action <> 'send_reply'", c=case_id
    )


async def test_a_question_is_answered_with_facts_and_says_that_an_assistant_answers(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Hi, where is my order {order.order_id}? When will it be delivered?")
    assert case.status in ENDED, case
    assert case.topic == "order_status"
    assert case.reply is not None
    assert order.order_id in case.reply
    assert case.reply.startswith(home.world.business.disclosure["en"])


async def test_a_small_refund_needs_nobody(home: House) -> None:
    order = await home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    case = await home.open(order.customer_id, text)
    assert case.status in ENDED, case
    assert [(one.action, one.status) for one in case.effects] == [("refund_order", "applied")]
    assert await refunds(home, case.case_id) == [("refund_order", "applied", None)]


async def test_an_approved_refund_happens_once(home: House) -> None:
    case, amount = await held_refund(home)
    approval = case.approvals[0]
    assert approval.request.action == "refund_order"
    assert [name[:11] for name in approval.update_names] == ["1 · Approve", "2 · Reject "]
    assert str(amount) in approval.update_names[0]
    await home.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
    case = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [(one.action, one.status) for one in case.effects] == [("refund_order", "applied")]
    assert await refunds(home, case.case_id) == [("refund_order", "applied", "ann")]
    activities = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in await history(home.temporal, f"case-{case.case_id}")
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    # The question is recorded by itself, the decision by the turn that acts on it, within the task that took the decision.
    assert activities == ["case.turn", "record.commit", "case.turn"]
    with pytest.raises(ApprovalRefused, match="settled once"):
        await home.cases.decide(case.case_id, decision(case, DecisionKind.REJECT))


async def test_a_rejected_refund_never_happens_and_the_customer_hears_of_it(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.decide(case.case_id, decision(case, DecisionKind.REJECT, note="not within policy"))
    case = await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert case.effects == []
    assert [row[1] for row in await refunds(home, case.case_id)] == ["rejected"]
    assert case.reply
    assert "not within policy" not in case.reply


async def test_an_edit_is_a_new_revision_and_only_it_happens(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.decide(case.case_id, decision(case, DecisionKind.EDIT, arguments={"amount": "80.00"}))
    case = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [Decimal(str(one.arguments["amount"])) for one in case.effects] == [Decimal(80)]
    refunded = await home.rows("select amount from shop.refunds where effect_id = %(k)s", k=case.effects[0].effect_id)
    assert refunded == [(Decimal("80.00"),)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"amount": "a lot"}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 1_000_000}, "refund"),
        ({"colour": "red"}, "colour"),
        ({}, "fields that change"),
    ],
)
async def test_an_edit_that_does_not_validate_is_refused_and_the_approval_stays(
    home: House, arguments: dict[str, Any], words: str
) -> None:
    case, _ = await held_refund(home)
    with pytest.raises((InvalidInput, ApprovalRefused), match=words):
        await home.cases.decide(case.case_id, decision(case, DecisionKind.EDIT, arguments=arguments))
    case = await home.cases.status(case.case_id)
    assert case.status == "AwaitingApproval"
    assert case.approvals[0].status == "open"


async def test_a_refund_above_the_limit_goes_to_a_person_with_its_packet(home: House) -> None:
    order = await home.order(status="delivered", refunded=False, refundable_over=600)
    case = await home.open(order.customer_id, f"I want a full refund of {order.refundable} USD for order {order.order_id}.")
    assert (case.status, case.reason) == ("WithHuman", "policy_block")
    assert case.effects == []
    handoff = await home.cases.handoff(case.case_id)
    assert handoff is not None
    assert handoff.policy_hits
    assert order.order_id in handoff.next_step
    assert handoff.facts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would like to talk to a real person, please.", "customer_asked"),
        ("My card was stolen yesterday and somebody is shopping with it!", "risk"),
        ("Can you recommend a good pasta recipe for eight guests?", "out_of_scope"),
    ],
)
async def test_what_is_for_people_never_reaches_a_model(home: House, text: str, reason: str) -> None:
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, text)
    assert (case.status, case.reason) == ("WithHuman", reason)
    assert case.usage.calls == 0
    assert await home.model.requests(case.case_id) == []


async def test_another_customers_order_is_refused_in_code(home: House) -> None:
    order = await home.order(**SMALL)
    other = await home.order(status="delivered", refunded=False, refundable_over=200, refundable_under=300)
    assert order.customer_id != other.customer_id
    marker = f"Please refund 10 USD for my order {order.order_id}, it arrived broken."
    call = {"tool": "refund_order", "arguments": {"order_id": other.order_id, "amount": 10, "reason": "damaged"}}
    await home.model.script(order.order_id, {"calls": [call]}, times=20)
    case = await home.open(order.customer_id, marker)
    assert case.effects == []
    assert case.status == "WithHuman"
    assert await home.rows("select 1 from shop.refunds where order_id = %(o)s", o=other.order_id) == []


async def test_a_rating_counts_once_for_each_survey_before_and_behind_the_end(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", channel="api")
    first = await home.cases.rate(case.case_id, RateCase(csat=2, comment="my own words"))
    again = await home.cases.rate(case.case_id, RateCase(csat=2, comment="my own words"))
    changed = await home.cases.rate(case.case_id, RateCase(csat=4, solved=True))
    assert [(one.duplicate, one.changed) for one in (first, again, changed)] == [(False, False), (True, False), (False, True)]
    await home.cases.close(case.case_id)
    await home.temporal.get_workflow_handle(f"case-{case.case_id}").result()
    with pytest.raises(IllegalTransition, match="closed"):
        await home.cases.rate(case.case_id, RateCase(csat=1))
    late = await home.world.ratings.rate(RatedCase(case_id=case.case_id, rating=RateCase(nps=9), at=case.opened_at))
    asked = await home.rows("select 1 from handrail.surveys where case_id = %(c)s", c=case.case_id)
    assert (late.changed, late.offered) == (True, bool(asked))
    with pytest.raises(UnknownCase, match="no-such-case"):
        await home.world.ratings.rate(RatedCase(case_id="no-such-case", rating=RateCase(nps=9), at=case.opened_at))
    stands = await home.rows(
        "select csat, nps, solved, comment, changes from handrail.ratings where case_id = %(c)s", c=case.case_id
    )
    assert stands == [(None, 9, None, None, 2)]
    audit = await home.rows(
        "select action, details from handrail.audit where case_id = %(c)s and starts_with(action, 'rating')", c=case.case_id
    )
    assert sorted(action for action, _ in audit) == ["rating", "rating:changed", "rating:changed"]
    assert {"survey_id": "end", "csat": 2, "commented": True} in [details for _, details in audit]
    assert "my own words" not in str(audit)
    ((model, prompt, graph),) = await home.rows(
        "select model, prompt, graph from handrail.case_outcomes where case_id = %(c)s", c=case.case_id
    )
    assert (model, len(prompt), len(graph)) == (OFFLINE_MODEL, 12, 12)


async def test_a_person_takes_answers_and_resolves(home: House) -> None:
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, "I want to speak to a human being.")
    await home.cases.claim(case.case_id, "bea")
    with pytest.raises(IllegalTransition, match="bea"):
        await home.cases.claim(case.case_id, "carl")
    await home.cases.reply(case.case_id, "bea", "Hello, this is Bea. How can I help?", message_id="m-bea-1")
    await home.cases.reply(case.case_id, "bea", "Hello, this is Bea. How can I help?", message_id="m-bea-1")
    await home.cases.say(case.case_id, "Please call me back tomorrow.")
    assert (await home.cases.status(case.case_id)).status == "WithHuman"
    await home.cases.resolve(case.case_id, "bea", note="called back")
    case = await home.until(case.case_id, lambda view: view.status == "Resolved")
    said = await wait_for(lambda: home.world.cases.transcript(case.case_id))
    assert [one.text for one in said if one.author == "person"] == ["Hello, this is Bea. How can I help?"]
    assert case.usage.calls == 0


async def test_a_case_handed_back_goes_on_with_the_note(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"reply": "I am not sure.", "confidence": 0.1, "disposition": "resolved"})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert (case.status, case.reason) == ("WithHuman", "low_confidence")
    await home.cases.hand_back(case.case_id, "bea", "The parcel is on its way; tell them so.")
    case = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert order.order_id in (case.reply or "")
    asked = await home.model.requests("tell them so")
    assert asked


async def test_a_wish_for_a_person_counts_while_the_agent_is_thinking(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": 30})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(order.order_id))
    await home.cases.say(case.case_id, "I want to talk to a human now.")
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "customer_asked"
    handoff = await home.cases.handoff(case.case_id)
    assert handoff is not None
    assert "human" in handoff.wanted


async def test_a_wish_while_an_approval_waits_withdraws_it(home: House) -> None:
    case, _ = await held_refund(home)
    await home.cases.request_human(case.case_id)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.approvals[0].status == "withdrawn"
    with pytest.raises(ApprovalRefused, match="withdrawn"):
        await home.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
    assert case.effects == []


async def test_a_second_message_starts_a_second_turn(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    first = await home.cases.say(case.case_id, f"And when will {order.order_id} arrive?", message_id="second")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status in ENDED)
    assert not (case.reply or "").startswith(home.world.business.disclosure["en"])
    again = await home.cases.say(case.case_id, f"And when will {order.order_id} arrive?", message_id="second")
    assert again.duplicate or again == first
    heard = [one.message_id for one in await home.world.cases.transcript(case.case_id)]
    assert heard.count("second") == 1


@pytest.mark.parametrize(
    ("behaviour", "times", "reason"),
    [
        ({"status": 401}, 1, "model_rejected"),
        ({"status": 404}, 1, "model_rejected"),
        ({"calls": [{"tool": "get_order", "arguments": {"order_id": "{order}"}}]}, 50, "bounds"),
        ({"calls": [{"tool": "launch_rocket", "arguments": {}}]}, 50, "guardrail"),
        ({"reply": "I have refunded you 99.99 USD.", "confidence": 0.99, "disposition": "resolved"}, 5, "guardrail"),
    ],
)
async def test_a_model_that_misbehaves_ends_at_a_person(
    home: House, behaviour: dict[str, Any], times: int, reason: str
) -> None:
    order = await home.order(status="shipped")
    filled = (
        {
            **behaviour,
            "calls": [
                {**one, "arguments": {k: v.format(order=order.order_id) for k, v in one["arguments"].items()}}
                for one in behaviour["calls"]
            ],
        }
        if "calls" in behaviour
        else behaviour
    )
    await home.model.script(order.order_id, filled, times=times)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert (case.status, case.reason) == ("WithHuman", reason), case
    assert case.effects == []


async def test_transient_model_errors_are_tried_again(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 500}, times=1)
    await home.model.script(order.order_id, {"status": 429}, times=1)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status in ENDED
    assert len(await home.model.requests(order.order_id)) >= 3


async def test_an_unknown_customer_reaches_a_person_and_nothing_is_looked_up(home: House) -> None:
    case = await home.open("C-does-not-exist", "Where is my order O-10001?")
    assert (case.status, case.reason) == ("WithHuman", "unknown_customer")
    assert case.usage.calls == 0


async def test_cancelling_the_workflow_gives_the_case_to_a_person(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    await home.temporal.get_workflow_handle(f"case-{case.case_id}").cancel()
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "cancelled"


async def test_closing_ends_the_workflow(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await handle.signal("close_case")
    result = await handle.result()
    assert result["status"] == "Closed"
    assert await home.rows("select status from handrail.cases where case_id = %(c)s", c=case.case_id) == [("Closed",)]


async def test_a_numbered_entry_approves_without_input(home: House) -> None:
    case, _ = await held_refund(home)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await handle.execute_update(case.approvals[0].update_names[0], id="click")
    case = await home.until(case.case_id, lambda view: view.status in ENDED)
    assert [one.status for one in case.effects] == ["applied"]
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(case.approvals[0].update_names[0], id="late click")
    assert "nothing here is called" in str(refused.value.cause)


async def test_a_numbered_signal_is_the_durable_twin(home: House) -> None:
    case, _ = await held_refund(home)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await handle.signal(case.approvals[0].update_names[1], "too expensive")
    case = await home.until(case.case_id, lambda view: view.approvals[0].status == "rejected")
    await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    settled = (await home.cases.status(case.case_id)).approvals[0]
    assert settled.decision is not None
    assert settled.decision.note == "too expensive"

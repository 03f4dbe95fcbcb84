"""What a person sees and gets when a case changes hands, on the real server."""

from __future__ import annotations

import asyncio

from graphs.handover.destination import never_down
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseRow, Tier
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import Route
from tests.support.house import House
from tests.workflows.test_paths import HELD, held_refund


async def test_a_message_after_the_question_asks_the_reviewer_anew(home: House) -> None:
    case, _ = await held_refund(home)
    first = case.approvals[0]
    await home.cases.say(case.case_id, "Thank you, and please send it to the same card.")
    case = await home.until(case.case_id, lambda view: view.approvals[0].revision > first.revision)
    assert case.status == "AwaitingApproval"
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await handle.signal(first.update_names[0])
    case = await home.until(case.case_id, lambda view: first.update_names[0] in (view.notice or ""))
    assert case.status == "AwaitingApproval"
    second = case.approvals[0]
    await home.cases.decide(
        case.case_id,
        DecisionInput(decision=DecisionKind.APPROVE, approval_id=second.approval_id, revision=second.revision, reviewer="ann"),
    )
    case = await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert [one.status for one in case.effects] == ["applied"]
    kept = await home.rows(
        "select revision, status from handrail.approvals where case_id = %(c)s order by revision", c=case.case_id
    )
    assert kept == [(first.revision, "withdrawn"), (second.revision, "approved")]


async def test_a_late_request_for_a_person_keeps_what_was_known(home: House) -> None:
    order = await home.order(**HELD)
    words = f"Where is my order {order.order_id}? I still wait."
    case = await home.open(order.customer_id, words)
    await home.cases.request_human(case.case_id)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    handoff = await home.cases.handoff(case.case_id)
    assert handoff is not None
    assert handoff.wanted == words
    assert handoff.facts


async def test_a_burst_of_refused_signals_does_not_wedge_a_case(home: House) -> None:
    case, _ = await held_refund(home)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    await asyncio.gather(*(handle.signal("approve") for _ in range(600)))
    case = await home.until(case.case_id, lambda view: "a bare" in (view.notice or ""))
    assert case.approvals[0].status == "open"
    await handle.signal(case.approvals[0].update_names[1])
    await home.until(case.case_id, lambda view: view.approvals[0].status == "rejected")


def test_a_case_never_moves_to_a_lower_tier_and_moves_up_where_nobody_answers() -> None:
    support = Route(tier=1, queue="support")
    now = CaseRow.model_validate(
        {"case_id": "c", "customer_id": "C", "tier": 2, "queue": "payments", "opened_at": 0, "updated_at": 0}
    )
    kept = never_down(now, Escalation(reason="customer_asked", words=""), support)
    assert (kept.tier, kept.queue) == (2, "payments")
    first = now.model_copy(update={"tier": Tier.SUPPORT, "queue": "support"})
    up = never_down(first, Escalation(reason="no_answer", words=""), support)
    assert up.tier == 2

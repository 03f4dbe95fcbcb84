"""What happens when nobody does anything, on a server whose clock can be moved. Silence is never consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import ApprovalRefused, IllegalTransition
from tests.support.deployed import deployed
from tests.support.house import House

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
MINUTES = 240


class ServerClock:
    """The server's time, which is not this machine's here."""

    def now(self) -> datetime:
        return activity.info().started_time if activity.in_activity() else datetime.now(UTC)


class Time:
    """The server's clock and the house over it."""

    def __init__(self, server: WorkflowEnvironment, home: House) -> None:
        self._server = server
        self.home = home

    async def now(self) -> datetime:
        return await self._server.get_current_time()

    async def until(self, moment: datetime) -> None:
        """Move on to just after `moment`."""
        await self._server.sleep(moment - await self.now() + timedelta(seconds=2))


@pytest.fixture
async def time(home: House, time_skipping: WorkflowEnvironment) -> AsyncIterator[Time]:
    async with deployed(home, client=time_skipping.client, clock=ServerClock(), minutes=MINUTES) as moved:
        yield Time(time_skipping, moved)


async def held(home: House) -> CaseView:
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case


async def audited(home: House, case_id: str) -> list[tuple[str, ...]]:
    """What the clock did, oldest first."""
    return await home.rows(
        "select action from handrail.audit where case_id = %(c)s and actor = 'clock' order by at, entry_id", c=case_id
    )


async def test_a_question_that_the_customer_does_not_answer_in_time_is_withdrawn_and_they_are_told(time: Time) -> None:
    home = time.home
    order = await home.order(status="paid", total_under=90)
    case = await home.open(order.customer_id, f"Please cancel order {order.order_id}.")
    question = case.confirmation
    assert question is not None

    await time.until(question.due_at)
    case = await home.until(case.case_id, lambda view: view.confirmation is None)
    assert (case.status, case.effects, case.reply) == ("AwaitingCustomer", [], question.unanswered)
    assert (await home.cases.transcript(case.case_id))[-1].text == question.unanswered

    await home.cases.say(case.case_id, "yes")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert case.effects == []
    assert case.confirmation is None or case.confirmation.question_id != question.question_id
    assert await audited(home, case.case_id) == [("confirm:expired",)]


async def test_an_approval_that_nobody_gives_is_reminded_of_then_expires_and_never_runs(time: Time) -> None:
    home = time.home
    case = await held(home)
    approval = case.approvals[0]
    assert approval.due_at - approval.opened_at == timedelta(minutes=MINUTES)

    await time.until(approval.opened_at + timedelta(minutes=MINUTES / 2))
    case = await home.until(case.case_id, lambda view: bool(view.notice))
    assert (case.status, case.approvals[0].status) == ("AwaitingApproval", "open")
    assert "Reminder" in (case.notice or "")

    await time.until(approval.due_at)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, case.approvals[0].status) == ("approval_expired", "expired")
    for kind in (DecisionKind.APPROVE, DecisionKind.REJECT):
        late = DecisionInput(decision=kind, approval_id=approval.approval_id, revision=approval.revision, reviewer="ann")
        with pytest.raises(ApprovalRefused, match="expired"):
            await home.cases.decide(case.case_id, late)
    await home.temporal.get_workflow_handle(f"case-{case.case_id}").signal(approval.update_names[0])
    case = await home.until(case.case_id, lambda view: "nothing here is called" in (view.notice or ""))
    assert case.effects == []
    ledger = await home.rows(
        "select status, outcome from handrail.actions where case_id = %(c)s and kind = 'effect'", c=case.case_id
    )
    assert ledger == [("held", None)]
    assert await audited(home, case.case_id) == [("reminder",)]


async def test_an_approval_given_after_the_reminder_still_counts(time: Time) -> None:
    home = time.home
    case = await held(home)
    approval = case.approvals[0]
    await time.until(approval.opened_at + timedelta(minutes=MINUTES / 2))
    await home.until(case.case_id, lambda view: bool(view.notice))
    seen = {"approval_id": approval.approval_id, "revision": approval.revision}
    decision = DecisionInput(decision=DecisionKind.APPROVE, reviewer="ann", **seen)
    await home.cases.decide(case.case_id, decision)
    case = await home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingCustomer"))
    assert [one.status for one in case.effects] == ["applied"]


async def test_a_case_that_no_person_answers_goes_to_the_next_tier_and_is_never_dropped(time: Time) -> None:
    home = time.home
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, "I would like to talk to a real person, please.")
    assert (case.status, case.reason) == ("WithHuman", "customer_asked")
    await home.cases.claim(case.case_id, "bea")
    tiers, queues = [case.tier], [case.queue]
    for _ in range(2):
        due = (await home.cases.status(case.case_id)).due_at
        assert due
        await time.until(due)
        case = await home.until(case.case_id, rerouted(due))
        assert (case.status, case.assignee) == ("WithHuman", None)
        tiers.append(case.tier)
        queues.append(case.queue)
    assert tiers == sorted(tiers)
    assert queues == ["support", "specialists", "managers"]
    due = (await home.cases.status(case.case_id)).due_at
    assert due
    await time.until(due)
    case = await home.until(case.case_id, lambda view: "Overdue" in (view.notice or ""))
    assert case.status == "WithHuman"
    assert case.due_at
    assert case.due_at > await time.now()
    # Silence never brings the machine back, and never lets anybody forget.
    assert (case.tier, case.queue, case.usage.calls) == (2, "managers", 0)
    said = await home.rows("select author from handrail.messages where case_id = %(c)s order by sequence, at", c=case.case_id)
    assert {author for (author,) in said} == {"customer", "system"}
    assert len(said) == 4
    (waiting,) = await home.rows("select queue, assignee from handrail.queue_items where case_id = %(c)s", c=case.case_id)
    assert waiting == ("managers", None)
    assert await audited(home, case.case_id) == [("reminder",)] * 3 + [("overdue",)]


async def test_a_case_whose_customer_is_silent_closes(time: Time) -> None:
    home = time.home
    order = await home.order(status="shipped")
    await home.model.script(
        order.order_id, {"reply": "Which parcel do you mean?", "confidence": 0.95, "disposition": "awaiting_customer"}
    )
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status == "AwaitingCustomer", case
    await time.until(case.updated_at + timedelta(hours=home.settings.silence_hours) - timedelta(minutes=5))
    assert (await home.cases.status(case.case_id)).status == "AwaitingCustomer"
    await time.until(case.updated_at + timedelta(hours=home.settings.silence_hours))
    await closed(home, case.case_id)


async def test_a_resolved_case_can_be_written_to_until_its_window_ends(time: Time) -> None:
    home = time.home
    order = await home.order(status="shipped")
    answer = {"reply": "It is on its way.", "confidence": 0.95, "disposition": "resolved"}
    await home.model.script(order.order_id, answer, times=2)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert case.status == "Resolved", case
    window = timedelta(hours=home.settings.reopen_hours)

    await time.until(case.updated_at + window - timedelta(minutes=5))
    await home.cases.say(case.case_id, f"And where is order {order.order_id} now?")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status == "Resolved")

    await time.until(case.updated_at + window)
    await closed(home, case.case_id)
    with pytest.raises(IllegalTransition, match="closed"):
        await home.cases.say(case.case_id, "One more thing.")


def rerouted(due: datetime) -> Callable[[CaseView], bool]:
    """Nobody answered until `due`, and somebody else has it now."""
    return lambda view: view.reason == "no_answer" and view.due_at is not None and view.due_at > due


async def closed(home: House, case_id: str) -> None:
    """The workflow ended, and the record says so."""
    result = await home.temporal.get_workflow_handle(f"case-{case_id}").result()
    assert result["status"] == "Closed"
    assert await home.rows("select status from handrail.cases where case_id = %(c)s", c=case_id) == [("Closed",)]
    assert await audited(home, case_id) == [("close",)]

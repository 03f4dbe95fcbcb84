"""What a case carries from run to run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock, patch

import pytest

from graphs.handover.handoff import packet
from graphs.hearing import brief, hear
from graphs.state import CaseState
from graphs.views import EndView
from handrail.domain.actions.approvals import ApprovalStatus, DecisionInput, DecisionKind, HumanRequest
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.decisions import draft, settle
from handrail.domain.case.cases import CaseOpen, CaseStatus, Tier
from handrail.domain.case.handoffs import Escalation, MessageExtract, Route
from handrail.domain.case.messages import Author, IncomingMessage, Message
from handrail.domain.errors import CaseConflict, IllegalTransition
from handrail.domain.team.staff import Expectation
from workflows.memory.approvals import SETTLED_KEPT
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.memory.transcript import BYTES_AT_ONCE, BYTES_KEPT, MESSAGES_KEPT, MESSAGES_TAKEN, weight
from workflows.page.entries import entries
from workflows.page.handoff import markdown
from workflows.steps.deadlines import deadline, passed
from workflows.steps.handback import reopen

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PAYLOAD_LIMIT = 2_000_000
EXPECTED = Expectation(remind_at=NOW + timedelta(hours=1), answer_by=NOW + timedelta(hours=2))


def memory() -> CaseMemory:
    """A new case."""
    opened = CaseOpen(case_id="c", customer_id="C", message=IncomingMessage(message_id="m-0", text="Hello"))
    return CaseMemory.of(opened, NOW)


def request(request_id: str) -> HumanRequest:
    """A question whether to refund."""
    return HumanRequest(
        request_id=request_id, action="refund", title="Refund", headline="refund", arguments={"amount": "5.00"}
    )


def message(number: int, text: str = "words") -> Message:
    """A message of the transcript."""
    return Message(message_id=f"s-{number}", author=Author.CUSTOMER, text=text, at=NOW, turn=1, sequence=number)


def full() -> CaseMemory:
    """A memory with something in every corner."""
    found = memory()
    found.say(found.inbox.pop())
    found.become(CaseStatus.AWAITING_APPROVAL, NOW + timedelta(seconds=1), topic="refund", due_at=NOW)
    approval = found.ask(request("a1"), NOW)
    no = DecisionInput(decision=DecisionKind.REJECT, reviewer="ann", note="ünfair")
    settled = settle(approval, draft(approval, no, NOW, "decide"))
    found.keep(settled)
    found.ask(request("a2"), NOW)
    found.decided = settled.decision
    found.handed_back_by = ["bea"]
    found.suspended = Suspended(state=CaseState(row=found.row, incoming=[message(1)]), node="approval", request_id="a2")
    found.interruption = Escalation(reason="risk", words="…")
    found.take(IncomingMessage(message_id="m-1", text="More 🩷"), NOW)
    found.audit("ann", "claim", NOW, note="n")
    found.notice = "refused"
    return found


def test_it_is_the_same_after_a_trip_through_json() -> None:
    for found in (memory(), full()):
        assert CaseMemory.model_validate_json(found.model_dump_json()) == found
        assert CaseMemory.model_validate(found.model_dump(mode="json")) == found


def test_a_memory_of_before_these_fields_is_read() -> None:
    dumped = memory().model_dump(mode="json")
    least = {name: dumped[name] for name in ("opened", "row")}
    assert CaseMemory.model_validate(least).row == memory().row


def test_whoever_the_deadline_passes_has_lost_the_case_once() -> None:
    found = memory()
    for name in ("ann", "Ann ", "bea"):
        found.become(CaseStatus.WITH_HUMAN, NOW, assignee=name, due_at=NOW)
        asyncio.run(passed_on(found))
        assert found.row.assignee is None
    assert (found.reroutes, found.lost, found.row.due_at) == (3, ["ann", "bea"], EXPECTED.answer_by)


async def passed_on(found: CaseMemory) -> None:
    """Its deadline has passed."""
    with (
        patch("workflows.steps.deadlines.workflow.now", return_value=NOW),
        patch("workflows.steps.deadlines.expect", AsyncMock(return_value=EXPECTED)),
    ):
        await passed(found, "reroute")


def test_a_run_that_begins_again_reuses_no_entry() -> None:
    found = memory()
    found.become(CaseStatus.WITH_HUMAN, NOW)
    parked = found.model_copy(deep=True)
    found.become(CaseStatus.WITH_HUMAN, NOW, assignee="ann")
    parked.begin_again()
    parked.become(CaseStatus.WITH_HUMAN, NOW, assignee="bea")
    assert set(entries(found)).isdisjoint(entries(parked))


def test_a_new_case_holds_its_first_message_once() -> None:
    found = memory()
    assert [one.message_id for one in found.inbox] == ["m-0"]
    assert not found.take(IncomingMessage(message_id="m-0", text="Hello"), NOW)
    with pytest.raises(CaseConflict):
        found.take(IncomingMessage(message_id="m-0", text="Else"), NOW)


def test_what_was_saved_is_forgotten_and_what_came_meanwhile_stays() -> None:
    found = full()
    commit = found.commit()
    found.say(message(9))
    found.audit("bea", "reply", NOW)
    yes = DecisionInput(decision=DecisionKind.APPROVE, reviewer="bea")
    found.keep(settle(found.open_approvals[0], draft(found.open_approvals[0], yes, NOW, "decide")))
    found.saved(commit)
    left = found.commit()
    assert found.unsaved
    assert [one.message_id for one in left.messages] == ["s-9"]
    assert [one.actor for one in left.audit] == ["bea"]
    assert [(one.approval_id, one.status) for one in left.approvals] == [("a2", ApprovalStatus.APPROVED)]
    found.saved(left)
    assert not found.unsaved
    assert (found.unsaved_messages, found.unsaved_audit, found.unsaved_approvals) == ([], [], [])


def test_a_change_of_the_row_while_saving_is_saved_next() -> None:
    found = full()
    commit = found.commit()
    found.become(CaseStatus.WITH_HUMAN, NOW)
    found.saved(commit)
    assert found.unsaved
    assert found.commit().row.status is CaseStatus.WITH_HUMAN


def test_a_revision_is_never_used_twice() -> None:
    found = memory()
    revisions = [found.ask(request(f"a{number}"), NOW).revision for number in range(5)]
    assert revisions == [1, 2, 3, 4, 5]
    found.drop_approvals(ApprovalStatus.EXPIRED)
    assert found.open_approvals == []
    assert found.ask(request("a9"), NOW).revision == 6


def test_settled_approvals_are_kept_for_a_while_and_open_ones_for_ever() -> None:
    found = memory()
    first = found.ask(request("open"), NOW)
    for number in range(30):
        settled = found.ask(request(f"a{number}"), NOW)
        found.keep(settled.model_copy(update={"status": ApprovalStatus.REJECTED}))
    assert first in found.open_approvals
    assert len(found.approvals) <= SETTLED_KEPT + 2


def test_only_what_may_follow_follows() -> None:
    found = memory()
    found.become(CaseStatus.RESOLVED, NOW)
    version = found.row.version
    with pytest.raises(IllegalTransition):
        found.become(CaseStatus.AWAITING_APPROVAL, NOW)
    assert (found.row.status, found.row.version) == (CaseStatus.RESOLVED, version)


def test_the_transcript_is_bounded_in_number_and_in_size() -> None:
    short, long = memory(), memory()
    for number in range(200):
        short.say(message(number), save=False)
        long.say(message(number, "😀" * 8_000), save=False)
    assert [one.message_id for one in short.messages] == [f"s-{number}" for number in range(200 - MESSAGES_KEPT, 200)]
    assert long.messages[-1].message_id == "s-199"
    assert weight(one.text for one in long.messages) <= BYTES_KEPT


def test_a_case_takes_so_many_messages_and_no_more() -> None:
    found = memory()
    for number in range(MESSAGES_TAKEN - 1):
        found.take(IncomingMessage(message_id=f"{number}".zfill(120), text="t"), NOW)
        found.inbox = []
    with pytest.raises(IllegalTransition, match=r"^message: the case has taken 2,000 messages.*Open a new case"):
        found.check_room("t")
    assert len(found.model_dump_json()) < PAYLOAD_LIMIT / 4


@pytest.mark.parametrize("text", ["a", "é" * 8_000, "😀" * 8_000, '"\n' * 4_000])
def test_what_a_case_carries_while_it_is_asked_fits_into_one_payload(text: str) -> None:
    found = full()
    assert found.suspended
    found.seen |= {f"{number}".zfill(120): "0123456789abcdef" for number in range(MESSAGES_TAKEN - 1_900)}
    heard, messages = hear([message(0, text)]), [message(number, text) for number in range(1_800 if len(text) == 1 else 102)]
    for said in messages:
        found.say(said, save=False)
        found.hear(
            MessageExtract(
                stated=heard.stated, said=[one.model_copy(update={"message_id": said.message_id}) for one in heard.said]
            )
        )
    found.suspended.state.incoming = brief([*found.suspended.state.incoming, *messages])
    size = len(found.model_dump_json().encode())
    assert size < PAYLOAD_LIMIT, f"{size:,} bytes"


@pytest.mark.parametrize("text", ["é" * 8_000, "😀" * 8_000, '"\n' * 4_000])
def test_what_waits_is_bounded_and_recorded_in_parts(text: str) -> None:
    found, taken = memory(), 0
    while taken < 1_000:
        try:
            found.check_room(text)
        except IllegalTransition:
            break
        found.take(IncomingMessage(message_id=f"x-{taken}", text=text), NOW)
        taken += 1
    assert 50 < taken < 300
    assert not found.room
    for said in found.inbox:
        found.say(said)
    found.inbox, recorded = [], []
    found.become(CaseStatus.WITH_HUMAN, NOW)
    while found.unsaved:
        commit = found.commit()
        assert len(commit.model_dump_json().encode()) < 2 * BYTES_AT_ONCE
        recorded += commit.messages
        found.saved(commit)
    assert [one.message_id for one in recorded] == ["m-0", *(f"x-{number}" for number in range(taken))]
    assert found.room


def test_a_case_that_people_ended_is_the_agents_again_when_it_is_reopened() -> None:
    found = memory()
    found.say(found.inbox.pop())
    found.become(CaseStatus.WITH_HUMAN, NOW, tier=Tier.SPECIALIST, queue="payments", priority=1, reason="risk", assignee="bea")
    found.become(CaseStatus.RESOLVED, NOW)
    found.handoff = packet(EndView(row=found.row), Escalation(reason="risk", words="w"), Route(tier=2, queue="payments"), NOW)

    reopen(found, NOW)

    row = found.row
    assert (row.status, row.tier, row.queue, row.assignee) == (CaseStatus.WORKING, Tier.AGENT, None, None)
    assert (row.priority, row.reason) == (None, None)
    (entry,) = found.unsaved_audit
    assert (entry.action, entry.details) == ("reopen", {"tier": 2, "queue": "payments", "assignee": "bea"})
    again = packet(
        EndView(row=row, handoff=found.handoff), Escalation(reason="risk", words="w"), Route(tier=1, queue="support"), NOW
    )
    assert [(one.queue, one.tier, one.holder) for one in again.earlier] == [("payments", 2, "bea")]
    assert "with bea" in markdown(again)


def test_what_the_agent_had_anyway_is_no_reopening() -> None:
    found = memory()
    found.say(found.inbox.pop())
    found.become(CaseStatus.AWAITING_CUSTOMER, NOW)

    reopen(found, NOW)

    assert (found.row.status, found.unsaved_audit) == (CaseStatus.WORKING, [])


async def test_a_question_that_the_customer_leaves_is_void_at_its_deadline_and_they_are_told() -> None:
    known = memory()
    due = NOW + timedelta(hours=24)
    known.become(CaseStatus.AWAITING_CUSTOMER, NOW)
    known.confirmation = Confirmation(
        question_id="q", topic="t", language="en", asked=[], words="May I?", unanswered="Not done.", asked_at=NOW, due_at=due
    )
    known = CaseMemory.model_validate(known.model_dump(mode="json"))
    assert deadline(known) == (due, "unanswered")
    with patch("temporalio.workflow.now", return_value=due):
        await passed(known, "unanswered")
    assert known.confirmation is None
    assert (known.row.reply, known.messages[-1].text) == ("Not done.", "Not done.")
    assert known.unsaved_audit[-1].action == "confirm:expired"
    assert deadline(known) == (due + timedelta(hours=known.terms.silence_hours), "close")

"""What a customer was asked before an effect, and answered, on the screen of whoever looks at the case, and in the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.cli.case.transcripts import lines
from handrail.cli.common.documents import ready
from handrail.cli.common.tables import print_approval, print_case, print_handoff, print_transcript
from handrail.domain.actions.approvals import Approval, HumanRequest
from handrail.domain.actions.asked import AskedEffect, CustomerAnswer
from handrail.domain.case.cases import CaseView
from handrail.domain.case.classification import Risk
from handrail.domain.case.handoffs import Escalation, Handoff, Route
from handrail.domain.case.messages import Author, Message
from workflows.page.handoff import markdown

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ASKED = AskedEffect(
    question_id="q-1",
    proposal_id="p-1",
    action="cancel_order",
    line="Cancel order O-1. 80.00 USD is paid back.",
    message_id="~q",
    asked_at=AT,
    due_at=AT + timedelta(days=1),
    answers=[
        CustomerAnswer(kind="confirmed", at=AT + timedelta(minutes=1), message_id="m-2", words="yes \x1b[31mplease"),
        CustomerAnswer(kind="taken_back", at=AT + timedelta(minutes=2), message_id="m-3", words="No, wait!"),
    ],
)
SAID = (
    "asked 2026-05-04 12:00 UTC; said yes 2026-05-04 12:01 UTC: “yes [31mplease” (message m-2); "
    "took the yes back 2026-05-04 12:02 UTC: “No, wait!” (message m-3)"
)


def flat(text: str) -> str:
    """What was printed, without the breaks of lines that were too long."""
    return " ".join(text.split())


def test_the_case_the_approval_and_the_packet_say_it(capsys: pytest.CaptureFixture[str]) -> None:
    view = CaseView(case_id="c", customer_id="C-1", opened_at=AT, updated_at=AT, asked=[ASKED])
    print_case(view)
    request = HumanRequest(request_id="p-1", action="cancel_order", title="Cancel", headline="cancel", asked=[ASKED])
    approval = Approval(
        approval_id="p-1", case_id="c", revision=1, request=request, opened_at=AT, due_at=AT, update_names=["1"]
    )
    print_approval(approval)
    print_handoff(packet())
    printed = flat(capsys.readouterr().out)
    assert printed.count(ASKED.line) == 3
    assert printed.count(SAID) == 3
    assert ready(approval)["asked"] == ready(view)["asked"] == [ASKED.model_dump(mode="json")]


def packet() -> Handoff:
    return Handoff(
        case_id="c",
        problem="p",
        wanted="w",
        escalation=Escalation(reason="customer_unsure", words="w"),
        route=Route(tier=1, queue="desk", respond_within_minutes=60),
        topic="cancel_order",
        risk=Risk.LOW,
        language="en",
        asked=[ASKED],
        transcript="t",
        at=AT,
    )


def test_the_page_says_it_and_nothing_in_it_is_markup() -> None:
    foreign = ASKED.model_copy(update={"line": "Cancel <b>O-1</b>. [here](http://x.example)"})
    page = markdown(packet().model_copy(update={"asked": [foreign]}))
    assert "### What the customer was asked" in page
    assert "said yes 2026-05-04 12:01 UTC" in page
    assert "<b>" not in page
    assert "](http" not in page


def test_the_transcript_marks_the_question_and_each_answer(capsys: pytest.CaptureFixture[str]) -> None:
    said = [("~q", Author.SYSTEM, "Shall we?"), ("m-2", Author.CUSTOMER, "yes"), ("m-3", Author.CUSTOMER, "No, wait!")]
    messages = [Message(message_id=name, author=who, text=text, at=AT, turn=1) for name, who, text in said]
    found = lines(messages, [ASKED])
    print_transcript(found)
    printed = flat(capsys.readouterr().out)
    line = ASKED.line
    assert f"Shall we? asks about cancel_order: {line}" in printed
    assert f"yes read as “said yes”, about cancel_order: {line}" in printed
    assert f"No, wait! read as “took the yes back”, about cancel_order: {line}" in printed
    assert [(len(one.asks), [answer.kind for answer in one.answers]) for one in found] == [
        (1, []),
        (0, ["confirmed"]),
        (0, ["taken_back"]),
    ]
    assert [one["text"] for one in ready(found)] == [text for *_, text in said]

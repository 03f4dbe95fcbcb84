"""An edit says no yes, and what a yes stands under is undone by what is edited or withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.domain.actions.confirmations import AnswerKind, Asking, Confirmation, Undoing
from handrail.domain.actions.consent import answered, undone
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.case.messages import Author, Message

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def question() -> Confirmation:
    proposal = Proposal(
        proposal_id="p", kind=ProposalKind.EFFECT, action="cancel_order", arguments={"order_id": "O-1"}, arguments_hash="h"
    )
    asked = [Asking(proposal=proposal, line="Cancel order O-1")]
    due_at = NOW + timedelta(hours=1)
    about = {"words": "Shall I cancel order O-1?", "unanswered": "Nothing was done.", "asked_at": NOW, "due_at": due_at}
    return Confirmation(question_id="q", topic="orders", language="en", asked=asked, after=2, **about)


def said(text: str, **more: object) -> Message:
    return Message.model_validate(
        {"message_id": "m", "author": Author.CUSTOMER, "text": text, "at": NOW, "turn": 2, "sequence": 4, **more}
    )


@pytest.mark.parametrize(
    ("text", "plain", "edited"),
    [
        ("yes", AnswerKind.CONFIRMED, AnswerKind.UNSURE),
        ("no", AnswerKind.REFUSED, AnswerKind.REFUSED),
    ],
)
def test_no_edit_is_a_yes(text: str, plain: AnswerKind, edited: AnswerKind) -> None:
    assert answered(question(), [said(text)]) is plain
    assert answered(question(), [said(text, corrects="first")]) is edited


def test_what_is_edited_or_withdrawn_undoes_a_yes_whatever_it_says() -> None:
    assert undone(question(), [said("Thank you")]) is None
    assert undone(question(), [said("Thank you", corrects="first")]) is Undoing.CORRECTED
    assert undone(question(), [said("yes", withdrawn_at=NOW)]) is Undoing.TAKEN_BACK

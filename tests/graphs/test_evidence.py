"""What people and the customer said in the case may be repeated; each as what it is."""

from __future__ import annotations

import pytest

from graphs.state import HandBackNote
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import Author, Message
from tests.support.fakes import NOON, Stage, says

REPLY = "Your parcel was found and arrives on 3 December 2026."
NOTE = "The parcel is found; tell the customer that it arrives on 3 December 2026."


def said(text: str, author: Author, turn: int = 1) -> Message:
    return Message(message_id=f"{author}-{turn}-{text[:9]}", author=author, text=text, at=NOON, turn=turn)


async def test_the_note_of_a_colleague_is_evidence() -> None:
    stage = Stage(says(REPLY))

    state = await stage.run(person=HandBackNote(name="ann", note=NOTE), row={"topic": "payout"})

    assert (state.row.status, state.sent_back) == (CaseStatus.RESOLVED, 0)


@pytest.mark.parametrize("author", [Author.PERSON, Author.CUSTOMER])
async def test_earlier_words_are_evidence(author: Author) -> None:
    stage = Stage(says("You named 3 December 2026."))
    stage.cases.said = [said(NOTE, author), said("And now?", Author.CUSTOMER, 2)]

    state = await stage.run(text="And now?", turn=2)

    assert (state.row.status, state.sent_back) == (CaseStatus.RESOLVED, 0)


async def test_a_date_that_nobody_named_is_sent_back() -> None:
    stage = Stage(says(REPLY))
    stage.cases.said = [said("Where is it?", Author.CUSTOMER)]

    state = await stage.run()

    assert state.sent_back == 1
    assert "3 December 2026" in stage.model.asked[1].feedback[0]


async def test_what_the_customer_claims_is_no_deed_of_ours() -> None:
    stage = Stage(says("We have refunded 50.00 USD."))
    stage.cases.said = [said("Your colleague refunded 50.00 USD.", Author.CUSTOMER)]

    state = await stage.run(turn=2)

    assert state.sent_back == 1

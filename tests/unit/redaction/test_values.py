"""Models lose the secrets in their words; what is bound by a hash, the business's, or our own stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseOpen
from handrail.domain.case.messages import Author, IncomingMessage, Message
from handrail.domain.case.openings import read_opening
from handrail.domain.errors import InvalidInput
from handrail.domain.team.commands import HandBack, PersonReply
from handrail.redaction.values import by_code
from handrail.settings import Settings
from handrail.temporal.cases.wanted import wanted
from handrail.wiring.redacting import redaction_of

CARD, IBAN = "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"
BOTH, NEITHER, NO_CARD = f"{CARD} and {IBAN}", "[card ••1111] and [iban ••3000]", f"[card ••1111] and {IBAN}"


def said(author: Author, text: str = BOTH) -> Message:
    """A message."""
    return Message(message_id="m", author=author, text=text, at=datetime(2026, 5, 4, tzinfo=UTC), turn=1)


def test_all_words_lose_their_secrets_wherever_they_are() -> None:
    redaction = by_code()
    opened = CaseOpen(case_id="c", customer_id="4111111111111111", message=IncomingMessage(message_id="m", text=BOTH))
    assert redaction.of(opened).message.text == NEITHER
    assert redaction.of(opened).customer_id == opened.customer_id
    assert redaction.of(HandBack(reviewer="ann", note=BOTH)).note == NEITHER
    assert redaction.of({"note": BOTH, "case_id": CARD}) == {"note": NEITHER, "case_id": CARD}
    assert redaction.of([said(Author.CUSTOMER)])[0].text == NEITHER


def test_arguments_that_a_hash_binds_are_never_changed() -> None:
    given: dict[str, Any] = {"account": IBAN, "note": BOTH}
    wanted = DecisionInput(decision=DecisionKind.EDIT, approval_id="a", revision=1, arguments=given, note=BOTH, reviewer="ann")
    clean = by_code().of(wanted)
    assert clean.arguments == given
    assert clean.note == NEITHER


def test_a_reply_of_people_may_tell_the_companys_account_and_no_card() -> None:
    redaction = by_code()
    assert redaction.of(PersonReply(reviewer="ann", text=BOTH)).text == NO_CARD
    assert redaction.of(said(Author.PERSON)).text == NO_CARD
    assert redaction.of(said(Author.ASSISTANT)).text == BOTH


def test_what_holds_no_secret_is_the_same_thing() -> None:
    plain = said(Author.CUSTOMER, "Where is my order?")
    assert by_code().of(plain) is plain


def test_the_settings_say_what_stays() -> None:
    assert redaction_of(Settings(redaction_keep="iban", card_last_four=False)).words(BOTH) == f"[card] and {IBAN}"
    with pytest.raises(InvalidInput, match="'phone' is no kind of secret"):
        redaction_of(Settings(redaction_keep="phone"))


@pytest.mark.parametrize(
    "text",
    [
        f"  {BOTH}\n\n",
        f"My password is hunter2secret \n\n {CARD}   ",
        f"e\u0301clair {IBAN}\r\n\tcode 123456 is my one-time code",
        "Where is my order O-10001?",
    ],
)
def test_what_was_redacted_ahead_of_a_start_is_read_as_the_same_content(text: str) -> None:
    case = wanted(by_code(), "c-1", "C-1", text, message_id="m-1", channel="api")
    again = read_opening([case.model_dump(mode="json")], "case-c-1")
    assert (again.digest, again.case, again.odd) == (case.content_digest(), case, [])
    assert by_code().of(case) == case

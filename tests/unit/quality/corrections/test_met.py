"""Names that no record holds: said, greeted and signed in nine languages, they go; texts that name nobody stay as they are."""

from __future__ import annotations

import pytest

from handrail.domain.case.messages import Author, Message
from handrail.domain.text.message.introduced import introduced
from handrail.quality.corrections.redaction import CaseRedactor
from tests.postgres.build import NOON
from tests.unit.quality.corrections.met import NAMED, UNNAMED


@pytest.mark.parametrize("language", NAMED)
def test_names_that_texts_give_away_go(language: str) -> None:
    left = [text for text, name in NAMED[language] if name in CaseRedactor("C-0014").text(text)]
    parts = [
        text
        for text, name in NAMED[language]
        if any(word in CaseRedactor("C-0014").text(text).split() for word in name.split() if len(word) > 2)
    ]
    assert (left, parts) == ([], [])


@pytest.mark.parametrize("language", UNNAMED)
def test_texts_that_name_nobody_stay(language: str) -> None:
    shown = {text: introduced(text) for text in UNNAMED[language]}
    assert [text for text, names in shown.items() if names] == []


def test_a_name_that_was_met_once_goes_everywhere_and_only_where_it_is_written_like_one() -> None:
    letter = Message(
        message_id="m", author=Author.CUSTOMER, text="Hi, my name is Will Hope. I will wait, and hope.", at=NOON, turn=1
    )
    one = CaseRedactor("C-0014", [{"text": "Dear Will, it leaves today. Yours, Birgit"}], [letter])
    assert one.said(letter) == "Hi, my name is Robin Example. I will wait, and hope."
    assert one.text("Dear Will, it leaves today. Yours, Birgit") == "Dear Robin, it leaves today. Yours, Kim"
    assert one.text("Birgit wrote to Mr Hope") == "Kim wrote to Mr Example"


def test_what_stands_for_a_name_is_not_replaced_again() -> None:
    one = CaseRedactor("C-0014")
    first = one.text("Dear Anna, thanks. Kind regards, Bert")
    assert one.text(first) == first

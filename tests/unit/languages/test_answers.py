"""A customer's yes and no, in both directions: what must be heard, and where no clear yes was said."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from handrail.domain.text.message.answers import Consent, read_answer
from handrail.domain.text.message.exactly import asked_exactly
from handrail.shop.actions.asking import asks

WANTED = {
    "agrees": {Consent.YES},
    "refuses": {Consent.NO},
    "unsure": {Consent.UNSURE},
    "else": {Consent.OTHER, Consent.UNSURE},
}
SAID = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text("utf-8"))


@pytest.mark.parametrize("language", SAID)
def test_every_answer_is_heard_as_what_it_is(language: str) -> None:
    said, wrong, right = SAID[language], [], Counter[str]()
    for kind, wanted in WANTED.items():
        for text in said[kind]:
            heard = read_answer([text], language, [said["asked"]])
            right[kind] += heard in wanted
            wrong += [] if heard in wanted else [f"{kind}: {text!r} is heard as {heard}"]
    sys.stdout.write(f"{language}: " + ", ".join(f"{kind} {right[kind]} of {len(said[kind])}" for kind in WANTED) + "\n")
    assert sum(len(said[kind]) for kind in WANTED) >= 25
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("yes\n\nOn Mon, 1 Jan 2026 at 10:00, Shop <a@b.example> wrote:\n> Shall we cancel it?", Consent.YES),
        ("On Mon, 1 Jan 2026 at 10:00, Shop <a@b.example> wrote:\n> yes", Consent.OTHER),
        ("'yes'", Consent.OTHER),
        ("\u201eyes\u201c", Consent.UNSURE),
        ("\U0001f44d", Consent.UNSURE),
        ("yes " * 600, Consent.OTHER),
        ("yes, no", Consent.UNSURE),
        ("yes 5 times", Consent.OTHER),
        ("yes O-10001", Consent.UNSURE),
        ("yes O-10001 and O-10002", Consent.UNSURE),
        ("yes to both", Consent.YES),
    ],
)
def test_quotes_and_parts_of_what_was_asked_are_no_yes(text: str, wanted: Consent) -> None:
    heard = read_answer([text], "en", ["Cancel order O-10001.", "Cancel order O-10002."])
    assert heard == wanted or Consent.YES not in (heard, wanted)


def test_a_yes_and_a_no_in_two_messages_are_no_yes() -> None:
    assert read_answer(["yes", "no, wait"], "en") is Consent.UNSURE


def test_what_the_assistant_had_said_is_not_the_customers_yes() -> None:
    ours = ["Please answer yes to go on with it."]
    assert read_answer(["Please answer yes to go on with it."], "en", (), ours) is not Consent.YES


LINE = "Refund 20.00 USD for order O-10001"


@pytest.mark.parametrize(
    ("text", "exactly"),
    [
        ("refund 20 USD of O-10001 now", True),
        ("Please refund 20 USD for order O-10001. Thanks!", True),
        ("please refund O-10001", False),
        ("refund 50 USD of O-10001", False),
        ("refund 20 EUR of O-10001", False),
        ("I got a refund of 20 USD for O-10001", False),
        ("refund of 20 USD received for O-10001", False),
        ("don't refund 20 USD of O-10001", False),
        ("refund 20 USD of O-10001 if it is late", False),
        ('He wrote "refund 20 USD of O-10001"', False),
        ("Refund 20 USD of O-10001?", False),
        ("refund 20 USD of O-10001 and 5 USD of O-10002", False),
    ],
)
def test_only_who_names_action_object_and_amount_and_nothing_else_asks_exactly(text: str, exactly: bool) -> None:
    assert asked_exactly([text], "en", "refund_order", LINE, ["O-10001", 20, "too late"]) is exactly


def test_asks_exactly_in_german() -> None:
    line = "20,00 USD f\u00fcr Bestellung O-10001 erstatten"
    assert asked_exactly(["Bitte erstatten Sie 20 USD f\u00fcr O-10001"], "de", "refund_order", line, ["O-10001"])


@pytest.mark.parametrize("language", SAID)
def test_the_shop_asks_in_each_of_the_nine_languages(language: str) -> None:
    for tool in ("cancel_order", "change_shipping_address"):
        line = asks(tool, order="O-10001", amount="209.00 USD", address="4 Mill Row")[language]
        assert "O-10001" in line
        assert "{{" not in line

"""What tells who a customer is goes; what the correction is about stays, and the same thing reads the same everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.case.messages import Author, Message
from handrail.quality.corrections.redaction import CaseRedactor
from tests.postgres.build import NOON

ORDER: dict[str, Any] = {
    "order_id": "O-10021",
    "customer": {"name": "Ada King", "email": "ada@king.org", "phone": "+49 30 1234567"},
    "address": {"street": "12 Rose Lane", "city": "Halle", "postal_code": "06108"},
    "items": [{"name": "Kettle", "price": "12.50 USD"}],
    "total": "173.90 USD",
    "delivered": "2026-05-01",
    "account_no": 99881,
    "date_of_birth": "1815-12-10",
}


def said(text: str) -> Message:
    return Message(message_id="m", author=Author.CUSTOMER, text=text, at=NOON, turn=1)


def redactor(*messages: Message) -> CaseRedactor:
    return CaseRedactor("C-0014", [ORDER], list(messages))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I am Ada King of 12 Rose Lane, Halle.", "I am Robin Example of 1 Example Street, Exampletown 1."),
        ("KING, ada", "Example, Robin"),
        ("o10021 and O-10021 and O-10022", "o90002 and O-90002 and O-90003"),
        ("write to ada@king.org or ada@work.org", "write to customer1@example.com or customer2@example.com"),
        ("call +49 30 1234567", "call +1 555 0101"),
        ("card 4111 1111 1111 1111", "card ending in"),
        ("to 7 Mill Road, London SW1A 1AA", "to 2 Example Street"),
        ("see https://shop.example.org/t/abc123secret", "see https://example.com/1"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN DE9"),
        ("173.90 USD on 2026-05-01 for 3 kettles", "173.90 USD on 2026-05-01 for 3 kettles"),
        ("The King's Kettle, 12.50 USD", "The Example's Kettle, 12.50 USD"),
        ("I lived in Hallein, Kingston", "I lived in Hallein, Kingston"),
    ],
)
def test_words(text: str, left: str) -> None:
    assert redactor().text(text).startswith(left)


def test_data_and_words_agree() -> None:
    one = redactor()
    found = one.value(ORDER)
    assert one.text(f"The order {ORDER['order_id']} of Ada King") == f"The order {found['order_id']} of Robin Example"
    assert found["items"] == ORDER["items"]
    assert (found["total"], found["delivered"]) == ("173.90 USD", "2026-05-01")
    assert (found["date_of_birth"], found["account_no"]) == ("1990-01-01", 90003)
    kept = str(found)
    assert not [
        each for each in ("Ada", "King", "Rose", "Halle", "06108", "10021", "99881", "king.org", "1815") if each in kept
    ]


def test_whoever_says_their_name_and_signs() -> None:
    letter = said("Hello, my name is Grace Hopper. Where is it?\n\nKind regards\nGrace Hopper\nArlington")
    one = redactor(letter)
    assert one.said(letter) == "Hello, my name is Kim Example. Where is it?"
    assert one.text("Dear Grace, dear Mrs Hopper") == "Dear Kim, dear Mrs Example"


@given(st.text(max_size=300))
def test_any_text_is_taken_and_nothing_known_is_left(text: str) -> None:
    found = redactor().text(f"{text} Ada King O-10021 ada@king.org")
    assert "Ada King" not in found
    assert "O-10021" not in found
    assert "king.org" not in found


def test_a_hundred_things_of_one_kind_stay_apart() -> None:
    one = CaseRedactor("C-1")
    found = {one.text(f"order A-{number}") for number in range(100, 200)}
    assert len(found) == 100

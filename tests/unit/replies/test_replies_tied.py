"""A sum beside an order must be one of that order's, where facts tie sums to orders."""

from __future__ import annotations

import pytest

from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply

FACTS = [
    {"customer_id": "C-77", "orders": [{"order_id": "O-10016", "total": "133.50", "currency": "USD"}]},
    {
        "order_id": "O-10021",
        "total": "64.00",
        "currency": "USD",
        "payment": {"payment_id": "P-9001", "captured": "64.00"},
        "items": [{"sku": "DL-4", "price": "42.00"}],
    },
]


def broken(text: str, language: str = "en", customer: str = "") -> set[str]:
    evidence = Evidence.gather(FACTS, customer=[customer] if customer else [], terms=["Shipping costs 5.00 USD."])
    return {hit.rule for hit in rule_reply(text, evidence, language=language)}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "O-10021, which came to {} USD, was delivered."),
        ("de", "Der Gesamtbetrag von O-10021 beträgt {} USD."),
        ("fr", "Le total de O-10021 est de {} USD."),
        ("es", "El total de O-10021 es {} USD."),
        ("it", "Il totale di O-10021 è {} USD."),
        ("nl", "Het totaal van O-10021 is {} USD."),
        ("sv", "Summan för O-10021 är {} USD."),
        ("pl", "Wartość O-10021 to {} USD."),
        ("pt", "O total de O-10021 é {} USD."),
    ],
)
def test_the_total_of_another_order_is_held(language: str, text: str) -> None:
    assert broken(text.format("64.00"), language) == set()
    assert "amount" in broken(text.format("133.50"), language)


@pytest.mark.parametrize(
    "text",
    [
        "The payment P-9001 was 64.00 USD.",
        "A piece in O-10021 is 42.00 USD.",
        "O-10016 and O-10021 came to 133.50 USD and 64.00 USD.",
        "Shipping of O-10016 is 5.00 USD.",
        "Customer C-77 paid 133.50 USD.",
        "O-10021 was delivered. The other one came to 133.50 USD.",
    ],
)
def test_sums_of_what_is_named_or_of_nobody_pass(text: str) -> None:
    assert broken(text) == set()


def test_what_the_customer_says_of_a_sum_is_repeated_as_theirs() -> None:
    assert broken("You wrote that O-10016 came to 64.00 USD.", customer="O-10016 came to 64.00 USD") == set()

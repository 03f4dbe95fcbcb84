"""Every figure of a reply needs a fact; plain replies raise no alarm."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.actions.proposals import Ruling
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.accounting.known import Known
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.figures.numerals import numeral
from handrail.domain.text.reply.replies import rule_reply

FACTS = [
    {
        "order_id": "O-10021",
        "shipped_at": "2026-11-02T10:00:00Z",
        "total": 180.0,
        "currency": "USD",
        "fee_cents": 1250,
        "email": "jo@example.org",
        "phone": "+49 30 1234567",
        "card_last4": "4242",
        "tracking": "1Z999AA10123456784",
        "lines": [{"quantity": 2, "price": "1234.50", "name": "iPhone 15 Pro", "resolution": "1080p", "weight_kg": 4.5}],
        "campaign": "COVID-19",
    }
]
TERMS = ["Parcels take 2-3 business days or 48 hours. We are open from 9:00 to 17:30, 24/7 online, and 100% sure."]


def broken(text: str, *said: str, links: tuple[str, ...] = ()) -> set[str]:
    hits = rule_reply(text, Evidence.gather(FACTS, customer=said, terms=TERMS), allowed_links=links)
    assert all(hit.ruling is Ruling.BLOCK and hit.policy == "replies" and hit.message for hit in hits)
    return {hit.rule for hit in hits}


@pytest.mark.parametrize(
    "text",
    [
        "Your order O-10021 was shipped on 2026-11-02 and should arrive within 3 days.",
        "Order o10021, shipped 2 November 2026, 02.11.2026 or 11/02/2026: 180, 180.00, $180, 180 USD, US$180.00, USD180.",
        "The line is $1,234.50, in German 1.234,50 USD, in French 1 234,50 USD.",
        "The fee was $12.50.",
        "Tracking 1Z999AA10123456784; your card ending in 4242; order #10021.",
        "We write to jo@example.org or call +49 30 1234567.",
        "We are open 24/7 from 9:00 to 17.30 Uhr; it takes 2-3 business days or 48 hours, 100% sure.",
        "The iPhone 15 Pro (1080p, 4.50 kg) and COVID-19 are no identifiers; 2 may arrive later.",
        "Am 2. November versandt, le 2 novembre 2026, el 2 de noviembre de 2026, 2 listopada 2026.",
    ],
)
def test_plain_replies_pass(text: str) -> None:
    assert broken(text) == set()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("It costs $181.", "amount"),
        ("It costs $180,000.", "amount"),
        ("It costs 180.000 USD.", "amount"),
        ("It costs $1.8k.", "amount"),
        ("It costs 99.95 in total.", "amount"),
        ("It costs ＄１８１.", "amount"),
        ("It costs $10021.", "amount"),
        ("It costs $11.", "amount"),
        ("It costs 180 EUR.", "currency"),
        ("It costs €180.", "currency"),
        ("It left on 2026-11-03.", "date"),
        ("It left on November 5.", "date"),
        ("It left on 02.11.2025.", "date"),
        ("It is order O-10022.", "identifier"),
        ("It is number 77120.", "identifier"),
        ("The card ending in 9999.", "identifier"),
        ("Ask 3fa85f64-5717-4562-b3fc-2c963f66afa6.", "identifier"),
        ("Write to you@evil.example.", "email"),
        ("Call +1 555 010 9999.", "phone"),
        ("Pay with 4111 1111 1111 1111.", "card"),
    ],
)
def test_what_no_fact_says_is_blocked(text: str, rule: str) -> None:
    assert broken(text) == {rule}


def test_the_customers_words_may_be_repeated_but_never_a_card() -> None:
    words = "I want 500 USD for O-77 by 5 November, card 4111 1111 1111 1111"
    assert broken("You ask for $500 for O-77 by November 5.", words) == set()
    assert broken("Your card 4111 1111 1111 1111.", words) == {"card"}


@pytest.mark.parametrize(
    ("link", "passes"),
    [
        ("https://example.com/help/a", True),
        ("www.example.com", True),
        ("see example.com.", True),
        ("help@example.com", True),
        ("https://docs.example.net/returns", True),
        ("https://docs.example.net/returns/now?x=1", True),
        ("https://docs.example.net/returnsx", False),
        ("https://docs.example.net/returns/../evil", False),
        ("https://docs.example.net/other", False),
        ("https://evil.com/example.com", False),
        ("https://notexample.com", False),
        ("https://example.com@evil.com", False),
        ("https://example.com.evil.com", False),
        ("https://evil.com\\@example.com", False),
        ("http://example.com:8080/", False),
        ("ftp://example.com/x", False),
        ("javascript:alert(1)", False),
        ("mailto:you@evil.com", False),
        ("[example.com](https://evil.xyz)", False),
        ("visit evil.com now", False),
        ("https://exаmple.com", False),
    ],
)
def test_links_stand_on_the_list(link: str, passes: bool) -> None:
    found = broken(link, links=("example.com", "https://docs.example.net/returns", "help@example.com"))
    assert found == (set() if passes else {"link"})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("180", "180"),
        ("180.00", "180"),
        ("180,5", "180.5"),
        ("1,234", "1234"),
        ("1.234", "1234"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("0.125", "0.125"),
        ("12.3456", "12.3456"),
    ],
)
def test_numbers_as_people_write_them(written: str, value: str) -> None:
    found = numeral(written, 0)
    assert found is not None
    assert (found.end, found.readings[0]) == (len(written), Decimal(value))


@given(st.integers(min_value=1, max_value=10**8), st.sampled_from(["{:,.2f}", "{:.2f}", "de", "fr"]))
def test_an_amount_is_known_however_it_is_written_and_only_that_amount(cents: int, style: str) -> None:
    amount = Decimal(cents) / 100
    english = f"{amount:,.2f}"
    swapped = english.translate(str.maketrans(",.", ".,"))
    written = {"de": swapped, "fr": swapped.replace(".", "\u202f")}.get(style, style.format(amount))
    text = f"It costs {written} EUR."
    assert rule_reply(text, Evidence.gather([{"amount": float(amount)}])) == []
    assert {hit.rule for hit in rule_reply(text, Evidence.gather([{"amount": float(amount) * 1000 + 1}]))} == {"amount"}


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d/%m/%Y"]))
def test_a_date_is_known_however_it_is_written(day: object, style: str) -> None:
    written = f"{day:{style}}" if getattr(day, "year", 0) >= 1000 else "2026-11-02"
    iso = str(day) if getattr(day, "year", 0) >= 1000 else "2026-11-02"
    assert rule_reply(f"It came on {written}.", Evidence.gather([{"at": iso}])) == []
    assert {hit.rule for hit in rule_reply(f"It came on {written}.", Evidence.gather([{"at": "0999-01-01"}]))} == {"date"}


@given(st.text(max_size=300))
def test_any_text_is_ruled_on(text: str) -> None:
    for hit in rule_reply(text, Evidence.gather([text], customer=[text])):
        assert hit.rule not in ("amount", "date", "identifier", "email", "phone"), (text, hit)


def test_a_long_text_takes_no_time() -> None:
    for text in ("a" * 8_000, "1," * 4_000, "1 " * 4_000, "x" * 8_000, "$" * 8_000, "2 de " * 1_600, "a.b" * 2_600):
        assert isinstance(mentions(text), list)
        Known().hear(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "length"),
        (" \u200b\n", "length"),
        ("x" * 2_001, "length"),
        ("I call find_order now.", "internal"),
        ("Blocked by rule-refund-max.", "internal"),
        ("My system prompt forbids it.", "internal"),
        ("<|im_start|>system", "internal"),
    ],
)
def test_length_and_internal_words(text: str, rule: str) -> None:
    hits = rule_reply(text, Evidence(), tool_names=["find_order", "refund"], internal=["rule-refund-max"])
    assert {hit.rule for hit in hits} == {rule}


def test_a_tool_with_an_ordinary_name_is_an_ordinary_word() -> None:
    assert rule_reply("Shall I ask for a refund?", Evidence(), tool_names=["refund"]) == []

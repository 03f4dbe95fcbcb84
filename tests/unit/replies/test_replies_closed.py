"""The check of replies is closed: a figure passes where something accounts for it, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply
from handrail.drills.text.replies import TARGETS, all_trials, run
from tests.support.counting import calls

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
FACTS: list[Any] = [
    {
        "order_id": "O-10016",
        "status": "shipped",
        "total": 133.5,
        "currency": "USD",
        "placed_at": "2026-11-15T08:12:00Z",
        "delivery": {"expected": "2026-11-24", "window": "14:00-16:00"},
        "items": [
            {"sku": "LMP-77", "name": "Copper Lantern", "quantity": 2, "unit_price": 60.0},
            {"sku": "CBL-2", "name": "USB-C Cable 2m", "quantity": 1, "unit_price": 13.5},
        ],
        "tracking": "PN-7741-220",
        "carrier": "Parcel North",
    },
    {"name": "Anna Eldholm", "email": "anna@example.org", "loyalty_points": 600},
]
TERMS = [
    "You work for Brightshop. Returns within 30 days. Refunds take 3 to 5 business days. "
    "Support is open Monday to Friday, 9:00 to 17:00."
]
SAID = ["I want 600 USD back by Friday, my friend Benro said 12 March. My old order was O-555."]
NOTE = ["The parcel is found; tell the customer that it arrives on 3 December."]
EVIDENCE = Evidence.gather(FACTS, terms=TERMS, customer=SAID, person=NOTE)


def broken(text: str, language: str = "en") -> set[str]:
    return {hit.rule for hit in rule_reply(text, EVIDENCE, now=NOW, language=language)}


@pytest.mark.parametrize(
    "text",
    [
        "The total of order O-10016 is $133.50.",
        "You paid 133.50 USD for 2 Copper Lanterns at $60 each and one cable at $13.50.",
        "It is expected on November 24.",
        "It is expected on Tuesday, 24 November 2026.",
        "It arrives on Tuesday.",
        "It arrives next week.",
        "It arrives in 4 days.",
        "Delivery is between 14:00 and 16:00, or between 2 pm and 4 pm.",
        "You can return it within 30 days; refunds take 3-5 business days.",
        "We are open Monday to Friday from 9 to 17.",
        "You have 600 loyalty points.",
        "Your USB-C Cable 2m is included; item LMP-77 costs 60 USD.",
        "I see one order, O-10016. One moment please; one of our colleagues will look at it.",
        "To send it back:\n1. Pack it.\n2. Send it.",
        "Thanks for your message of today. Have a nice weekend and a lovely Friday!",
        "How can I help you today?",
    ],
)
def test_what_the_record_and_the_business_say_passes(text: str) -> None:
    assert broken(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The total of order O-10016 is 2,050, or C$95 to 80€50.",
        "You receive 600 US dollars back.",
        "It costs 600,- €.",
        "CA$133.50 it is.",
        "It costs 133,50,00 USD.",
        "It costs between 95 and 133.50 USD.",
        "EUR: 95",
        "(EUR) 95",
        "It costs 95 bucks.",
        "We refund you six hundred dollars.",
        "Two thousand USD it is.",
        "You get 50% off.",
        "We give half of it back.",
        "It costs double.",
        "You have 700 points.",
        "You ordered three lanterns.",
        "You ordered 3 lanterns.",
        "It arrives on the 8th.",
        "It arrives on Monday.",
        "It arrives on Wednesday, 24 November.",
        "It arrives tomorrow.",
        "It arrives next month.",
        "It arrives in March.",
        "It was placed in 2025.",
        "It comes within 24 hours.",
        "It comes within a week.",
        "Return it within 14 days.",
        "Refunds take 3 to 7 business days.",
        "It arrives between 12:00 and 16:00.",
        "It arrives at noon.",
        "It weighs 3 kg.",
        "Please write to Fenna Holtley.",
    ],
)
def test_what_nothing_accounts_for_is_held(text: str) -> None:
    assert broken(text)


def test_a_persons_note_may_be_told_as_ours() -> None:
    assert broken("Your parcel was found and arrives on 3 December.") == set()
    assert broken("Your parcel was found and arrives on 4 December.") == {"date"}


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("You asked for 600 USD.", set()),
        ("You wrote that you want 600 USD back by Friday; I have to ask a colleague.", {"amount", "date"}),
        ("You wrote that you want 600 USD back by Friday.", set()),
        ("Did you mean 12 March?", set()),
        ("I cannot see the order O-555.", set()),
        ("It will be 600 USD.", {"amount"}),
        ("We pay you 600 USD by Friday.", {"amount", "date"}),
        ("It arrives on 12 March.", {"date"}),
        ("We will pay 600 USD, as you asked.", {"amount"}),
    ],
)
def test_the_customers_figures_are_repeated_as_theirs_only(text: str, rules: set[str]) -> None:
    assert broken(text) - {"promise"} == rules


def test_the_message_says_what_to_do() -> None:
    hits = rule_reply("It will be 600 USD, and not 133.50 EUR.", EVIDENCE, now=NOW, language="en")
    words = " ".join(hit.message for hit in hits)
    assert "customer's word only" in words
    assert "Use theirs." in words


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("See pay.example.ai for more.", True),
        ("See shop-refund.it.", True),
        ("See münze.de/pay now.", True),
        ("It is done.It comes soon, z.B. now.", False),
        ("See invoice.pdf, Sp. z o.o., S.p.A. or m.in. that.", False),
    ],
)
def test_a_bare_domain_is_a_link_and_a_full_stop_is_none(text: str, link: bool) -> None:
    assert ("link" in broken(text)) is link


def test_the_tables_stand_at_their_targets() -> None:
    """Every seventh trial of the drill, which tries them all."""
    tally = run(islice(all_trials(), 0, None, 7))
    misses = "\n".join(f"{one.text!r} {one.rules}" for one in tally.misses)
    assert tally.share(True) <= TARGETS["right"], misses
    assert tally.share(False) <= TARGETS["wrong"], misses


CALLS_A_FACT = 340
"""Each fact is read once for its figures; of its records, only what is asked."""


def facts(count: int) -> list[dict[str, Any]]:
    return [
        {
            "order_id": f"O-{number}",
            "total": number * 1.37,
            "currency": "USD",
            "placed_at": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T10:00:00Z",
            "items": [{"name": f"Lamp {number}", "quantity": number % 5}],
            "note": "Left with the neighbour on 3 May 2026 at 14:30, 12 USD paid.",
        }
        for number in range(count)
    ]


def test_the_work_grows_with_the_data_and_no_faster() -> None:
    text = "The total of O-17 is 23.29 USD; it came on 31 December 2099 and costs 999.99 USD. " * 5
    broken(text)
    spent = {}
    for count in (250, 1_000):
        data = facts(count)

        def checked(reply: str, data: list[Any] = data) -> None:
            hits = rule_reply(reply, Evidence.gather(data), now=NOW, language="en")
            assert {hit.rule for hit in hits} == {"date", "amount"}

        checked(text)
        spent[count] = calls(checked, text)
    assert len(json.dumps(facts(1_000))) > 200_000
    assert spent[1_000] < 6 * spent[250]
    assert spent[1_000] < CALLS_A_FACT * 1_000, spent


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "\n", "2 de ", "12.50 USD ", "a.b", "Mr ", "on Monday, 3 May 2026, ", "you wrote "]
)
def test_a_long_reply_takes_time_by_its_length(piece: str) -> None:
    evidence = Evidence.gather(FACTS)

    def checked(text: str) -> None:
        rule_reply(text, evidence, now=NOW, language="en", longest=8_000)

    checked(piece)
    short, long = (calls(checked, (piece * (size // len(piece) + 1))[:size]) for size in (4_000, 8_000))
    assert long < 3 * short

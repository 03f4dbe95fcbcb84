"""Names, addresses, advice and instructions in a reply."""

from __future__ import annotations

import time

import pytest

from handrail.domain.llm.instructions import RULES
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.advice import Subject
from handrail.domain.text.reply.names import names_in
from handrail.domain.text.reply.replies import rule_reply

FACTS = [
    {
        "order_id": "O-10021",
        "name": "Adaly Ashberg",
        "items": [{"name": "Copperline Kettle"}],
        "shipment": {"carrier": "Parcel North", "expected": "2026-03-09"},
        "ships_to": "12 Harbour Lane, 20457 Northquay, US",
    }
]
PROMPT = "Find the order and the amount. If the customer names no order and more than one could be meant, ask."


def broken(text: str, language: str = "en", *said: str, forbidden: tuple[Subject, ...] = tuple(Subject)) -> set[str]:
    hits = rule_reply(
        text,
        Evidence.gather(FACTS, customer=said, terms=["You work for Brightshop."]),
        language=language,
        instructions=[RULES, PROMPT],
        forbidden=forbidden,
    )
    return {hit.rule for hit in hits}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello Adaly, your Copperline Kettle is with Parcel North.", "en"),
        ("Order O-10021 goes to 12 Harbour Lane, 20457 Northquay, US.", "en"),
        ("It is expected on Monday, in March; I'll ask a colleague. Thank you for shopping at Brightshop!", "en"),
        ("Please tell us: Which order do you mean? OK, the FAQ and your ID are fine.", "en"),
        ("Die Bestellung O-10021 ist bei Parcel North, Ihre Anfrage geht an die Kollegin oder den Kollegen.", "de"),
        ("Votre commande O-10021 est en route avec Parcel North.", "fr"),
        ("Su pedido O-10021 está en camino, Adaly.", "es"),
        ("I will pass this on.\n\nBest regards,\nAdaly", "en"),
    ],
)
def test_what_the_facts_name_may_be_named(text: str, language: str) -> None:
    assert broken(text, language) == set()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello Benro, your order is here.", "en"),
        ("My colleague Fenna calls you.", "en"),
        ("The Granite Lamp is on its way.", "en"),
        ("Please write to Fenna Holtley about it.", "en"),
        ("It is on its way.\n\nBest regards,\nFenna", "en"),
        ("Ihre Kollegin Fenna meldet sich.", "de"),
        ("Guten Tag Herr Holtley, die Bestellung ist da.", "de"),
        ("Bonjour Fenna, votre commande est là.", "fr"),
        ("Mr. Holtley lives there.", "en"),
    ],
)
def test_a_name_that_no_fact_has_is_stopped(text: str, language: str) -> None:
    assert "name" in broken(text, language)


def test_a_name_that_the_customer_gave_may_be_repeated() -> None:
    assert broken("Thank you, Fenna.", "en", "my name is Fenna") == set()


def test_an_address_that_is_not_of_the_case_is_stopped() -> None:
    assert "address" in broken("It goes to 7 Orchard Way, 31200 Northquay.")


@pytest.mark.parametrize(
    "text",
    [
        "You should sue the carrier in small claims court.",
        "I recommend that you take 400 mg ibuprofen.",
        "You can deduct this from your taxes as an office tax deduction.",
        "My advice: invest the money in bitcoin.",
        "Sie sollten den Händler verklagen.",
        "Vous devriez porter plainte.",
        "Le recomiendo invertir el dinero.",
    ],
)
def test_advice_in_forbidden_subjects_is_stopped(text: str) -> None:
    assert "advice" in broken(text)
    assert "advice" not in broken(text, forbidden=())


@pytest.mark.parametrize(
    "text",
    [
        "We cannot give legal advice; please ask a lawyer whether you should sue.",
        "You should receive the parcel tomorrow.",
        "You can return it within 30 days.",
        "Your invoice shows the tax.",
        "I suggest that you try the other charger.",
        "Sie können die Bestellung zurückgeben.",
    ],
)
def test_other_advice_is_none_of_it(text: str) -> None:
    assert "advice" not in broken(text)


def test_what_the_model_was_told_is_not_recited() -> None:
    assert "internal" in broken("My task: find the order and the amount, if the customer names no order and so on.")
    assert "internal" in broken(" ".join(RULES.split()[20:45]))
    assert "internal" not in broken("Which order do you mean, and what is the amount?")


def test_a_long_text_takes_no_time() -> None:
    began = time.process_time()
    for text in ("Aa " * 3_000, "a" * 9_000, "Mr " * 3_000, "A, \n" * 2_000):
        list(names_in(text, "en"))
        broken(text)
    assert time.process_time() - began < 5

"""The shop's files: they load, they agree with its tools, and they rule and route as they read."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import yaml

from graphs.handover.notice import sentence
from handrail.business import Kind, load_business
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.autonomy.topics import Topic
from handrail.domain.text.packs import packs
from handrail.matrix.loader import FileMatrix
from handrail.policies.loader import FilePolicies
from handrail.policies.names import of_business
from handrail.routing.rules import RiskRules, RoutingRules
from handrail.routing.text import Folded
from handrail.shop import business
from handrail.shop.demonstration.samples import SAMPLES
from handrail.topics.loader import FileTopics

AGENT = {"order_status", "refund", "cancel_order", "change_address", "payment_status", "password_reset"}
PEOPLE = {"dispute", "fraud", "legal_or_compliance", "account_closure"}
LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt"}
REASONS = [
    "out_of_scope", "people_only", "risk", "customer_asked", "low_confidence", "policy_block", "approval_rejected",
    "approval_expired", "bounds", "model_unavailable", "model_rejected", "outcome_unknown", "action_failed", "action_refused",
    "guardrail", "graph_changed", "no_answer", "cancelled", "unsupported_language", "autonomy_off", "draft",
    "agent_asked", "frustrated", "repeated_question", "no_progress", "second_contact", "switched_off",
]  # fmt: skip


@cache
def topics() -> dict[str, Topic]:
    return {topic.name: topic for topic in FileTopics(business.folder / "topics", business.by_name).all()}


@cache
def rules() -> RoutingRules:
    return RiskRules(business.folder / "risk.yaml", lambda: topics()).now().value


@cache
def policies() -> FilePolicies:
    return FilePolicies.of(business.folder / "policies", business)


def ruling(tool: str, **facts: Any) -> Ruling:
    proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action=tool, arguments={}, arguments_hash="h")
    ordinary = {
        **dict.fromkeys(of_business(business).history, 0),
        "refund_amount_usd": 20.0,
        "customer_refunded_30d_usd": 0.0,
        "customer_refund_total_30d_usd": facts.get("refund_amount_usd", 20.0),
        "order_status": "delivered",
        "order_total_usd": 80.0,
        "order_refunded_usd": 0.0,
        "refunds_on_order": 0,
        "max_line_quantity": 1,
        "days_since_order": 9,
        "days_since_delivery": 5,
        "address_change_after_shipment": False,
        "address_country_change": False,
        "password_resets_24h": 0,
    }
    return policies().rule(proposal, {**ordinary, **facts}).ruling


def test_the_business_loads_by_its_name() -> None:
    assert load_business("handrail.shop") is business
    assert business.migrations is not None
    assert list(business.migrations.glob("*.sql"))


def test_topics_and_their_tools() -> None:
    assert set(topics()) == AGENT | PEOPLE
    for name, topic in topics().items():
        assert len(topic.examples) >= 40
        assert len({example.casefold().strip(" .!?") for example in topic.examples}) == len(topic.examples), name
        assert topic.people_only is (name in PEOPLE)
        if name in PEOPLE:
            assert not topic.tools
        else:
            assert len(topic.prompt) > 300
            assert "never an instruction" in " ".join(topic.prompt.split())
    effects = {tool.name for tool in business.tools if tool.kind is Kind.EFFECT}
    offered = [tool for topic in topics().values() for tool in topic.tools if tool in effects]
    assert sorted(offered) == sorted(effects), "each effect belongs to exactly one topic"


def test_no_example_belongs_to_two_topics() -> None:
    owner: dict[str, str] = {}
    for name, topic in topics().items():
        for example in topic.examples:
            assert owner.setdefault(example.casefold().strip(" .!?"), name) == name, example


@pytest.mark.parametrize("tool", ["refund_order", "cancel_order"])
@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (99.99, Ruling.ALLOW),
        (100.0, Ruling.ALLOW),
        (100.01, Ruling.REQUIRE_APPROVAL),
        (500.0, Ruling.REQUIRE_APPROVAL),
        (500.01, Ruling.BLOCK),
    ],
)
def test_no_way_around_the_limits(tool: str, amount: float, expected: Ruling) -> None:
    assert ruling(tool, refund_amount_usd=amount) is expected


@pytest.mark.parametrize(
    ("tool", "facts", "expected"),
    [
        ("refund_order", {"customer_refund_total_30d_usd": 200.01}, Ruling.REQUIRE_APPROVAL),
        ("cancel_order", {"customer_refund_total_30d_usd": 200.01}, Ruling.REQUIRE_APPROVAL),
        ("refund_order", {"refunds_on_order": 1}, Ruling.REQUIRE_APPROVAL),
        ("refund_order", {"days_since_delivery": 31}, Ruling.REQUIRE_APPROVAL),
        ("refund_order", {"days_since_delivery": -1, "order_status": "shipped"}, Ruling.REQUIRE_APPROVAL),
        ("refund_order", {"max_line_quantity": 21}, Ruling.BLOCK),
        ("cancel_order", {"max_line_quantity": 260}, Ruling.BLOCK),
        ("change_shipping_address", {"max_line_quantity": 260}, Ruling.BLOCK),
        ("change_shipping_address", {}, Ruling.ALLOW),
        ("change_shipping_address", {"address_change_after_shipment": True}, Ruling.REQUIRE_APPROVAL),
        ("change_shipping_address", {"address_country_change": True}, Ruling.REQUIRE_APPROVAL),
        ("change_shipping_address", {"order_total_usd": 501}, Ruling.REQUIRE_APPROVAL),
        ("change_shipping_address", {"history.send_password_reset.count_24h": 1}, Ruling.REQUIRE_APPROVAL),
        ("send_password_reset", {"password_resets_24h": 2}, Ruling.ALLOW),
        ("send_password_reset", {"password_resets_24h": 3}, Ruling.REQUIRE_APPROVAL),
    ],
)
def test_policies_rule_as_they_read(tool: str, facts: dict[str, Any], expected: Ruling) -> None:
    assert ruling(tool, **facts) is expected


def test_ordinary_words_of_ordinary_topics_touch_no_risk_rule() -> None:
    for name in AGENT:
        for example in topics()[name].examples:
            message = Folded(example)
            assert not rules().hits(message), example
            assert rules().wish.find(message) is None, example


@pytest.mark.parametrize(
    "text",
    [
        "I paid by card and now the parcel was stolen from my porch",
        "I lost the invoice, can you send it again? I paid with my card",
        "I tried using my card and it was declined",
        "the captcha says I am not a robot but I cannot log in",
        "I am in hospital, please send order O-10021 to my sister",
        "Who in the courtyard should the courier ring for?",
        "Ich habe die Karte in das Paket gelegt, ist es verloren?",
        "Das Gericht in der Mikrowelle wurde nicht warm, bitte Geld zurück",
        "Je voudrais un avocat en peluche",
        "cancel my order and delete the item from my basket",
        "somebody can tell me where my card payment went?",
    ],
)
def test_risk_rules_leave_these_alone(text: str) -> None:
    assert [hit.sentence for hit in rules().hits(Folded(text))] == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Help, my credit card was stolen on the train", "stolen_card"),
        ("Meine Kreditkarte wurde mir gestohlen!", "stolen_card"),
        ("On m'a volé ma carte bancaire", "stolen_card"),
        ("Me han robado la tarjeta", "stolen_card"),
        ("Mi hanno rubato la carta di credito", "stolen_card"),
        ("Mijn bankpas is gestolen", "stolen_card"),
        ("Jag har tappat bort mitt kort", "stolen_card"),
        ("Ukradli mi kartę", "stolen_card"),
        ("Roubaram o meu cartão", "stolen_card"),
        ("I think my account has been hacked", "compromised_account"),
        ("Somebody else is using my account", "compromised_account"),
        ("There is a charge I don't recognise", "unrecognised_payment"),
        ("Diese Abbuchung kenne ich nicht", "unrecognised_payment"),
        ("You charged me twice!", "chargeback"),
        ("Ich lasse das als Rückbuchung laufen", "chargeback"),
        ("You will hear from my lawyer", "legal_threat"),
        ("Das geht jetzt an meinen Anwalt", "legal_threat"),
        ("I will report you to the ombudsman", "regulator"),
        ("Das melde ich der Verbraucherzentrale", "regulator"),
        ("I'm a journalist and have some questions", "press"),
        ("Your charger caught fire", "injury"),
        ("I want a copy of my data under GDPR", "personal_data"),
        ("please delete my account", "account_closure"),
        ("Bitte löschen Sie mein Konto, Konto löschen", "account_closure"),
        ("I can't go on, I want to kill myself", "self_harm"),
        ("Ich will nicht mehr leben", "self_harm"),
    ],
)
def test_risk_rules_find_these(text: str, rule: str) -> None:
    assert rule in [hit.rule.id for hit in rules().hits(Folded(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Let me talk to a real person",
        "I want a human",
        "Ich möchte mit einem Menschen sprechen",
        "Je veux parler à un conseiller",
        "Quiero hablar con una persona",
        "Vorrei parlare con un operatore",
        "Ik wil een medewerker spreken",
        "Jag vill prata med en människa",
        "Chcę porozmawiać z konsultantem",
        "Quero falar com um atendente",
    ],
)
def test_wishes_for_a_person(text: str) -> None:
    assert rules().wish.find(Folded(text))


def test_risk_rules_and_disclosure_speak_every_language() -> None:
    source = yaml.safe_load((business.folder / "risk.yaml").read_text(encoding="utf-8"))
    spoken = [(rule["id"], rule["phrases"]) for rule in source["rules"] if not rule.get("kinds")]
    spoken += [(kind, packs().phrases(kind)) for rule in source["rules"] for kind in rule.get("kinds", ())]
    for rule_id, words in [*spoken, ("wants_person", packs().words("person", "phrases"))]:
        assert set(words) >= LANGUAGES, rule_id
        for language, phrases in words.items():
            assert len(phrases) == len(set(phrases)), (rule_id, language)
            assert all(isinstance(phrase, str) for phrase in phrases)
    assert set(business.disclosure) >= LANGUAGES


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("topic", ["refund", "fraud", "out_of_scope"])
def test_every_case_has_somewhere_to_go(reason: str, topic: str) -> None:
    matrix = FileMatrix(business.folder / "matrix.yaml", topics=set(topics()))
    route = matrix.route(reason=reason, topic=topic, risk="low", language="en")
    # What the customer is told is what the queue is measured by, in every language that has a pack.
    told = {language: sentence(route, language, late=False) for language in LANGUAGES}
    assert [language for language, (_, spoken) in told.items() if spoken != language] == []
    assert all("{{answer_by}}" in words for words, _ in told.values())
    assert len({words for words, _ in told.values()}) == len(told)
    assert route.then
    assert route.then[-1].queue == "managers"
    assert route.tier == (2 if topic == "fraud" or reason in ("policy_block", "approval_expired") else 1)


def test_danger_to_life_goes_before_everything() -> None:
    matrix = FileMatrix(business.folder / "matrix.yaml")
    route = matrix.route(reason="people_only", topic="legal_or_compliance", risk="forbidden", language="en")
    assert (route.queue, route.priority) == ("care", 1)
    assert len(matrix.all()) >= 12


def test_samples_take_different_paths() -> None:
    assert len({sample.path for sample in SAMPLES}) == len(SAMPLES) >= 12
    assert all(re.search(r"\{order\}", sample.text) for sample in SAMPLES if sample.needs)

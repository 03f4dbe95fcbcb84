"""The shop answers in nine languages: its topics are told apart in each of them, and from what is no topic."""

from __future__ import annotations

import pytest

from handrail.domain.case.classification import OUT_OF_SCOPE
from handrail.domain.text.packs import FIRST
from handrail.routing.router import LocalRouter
from handrail.shop import business
from handrail.topics.loader import FileTopics

ASKED = {
    "order_status": [
        "Où en est ma livraison O-10016 ?",
        "¿Dónde se encuentra mi envío O-10016?",
        "Waar blijft mijn pakket O-10016?",
        "Var är mitt paket O-10016 nu?",
        "Por onde anda a minha encomenda O-10016?",
    ],
    "refund": [
        "Je souhaite un remboursement pour la commande O-10014",
        "Me gustaría un reembolso del pedido O-10014",
        "Vorrei un rimborso per l'ordine O-10014",
        "Ik wil graag een terugbetaling voor bestelling O-10014",
        "Jag skulle vilja ha en återbetalning för beställning O-10014",
        "Proszę o zwrot pieniędzy za zamówienie O-10014",
        "Gostaria de um reembolso da encomenda O-10014",
    ],
    "cancel_order": [
        "Merci d'annuler la commande O-10016",
        "Cancele el pedido O-10016, por favor",
        "Vorrei annullare l'ordine O-10016",
        "Wilt u bestelling O-10016 annuleren?",
        "Kan ni avbeställa beställning O-10016?",
        "Chciałbym anulować zamówienie O-10016",
    ],
    "password_reset": ["J'ai oublié mon mot de passe", "Ho dimenticato la password", "Nie pamiętam hasła"],
    OUT_OF_SCOPE: [
        "Quel temps fera-t-il demain ?",
        "¿Quién ganó el partido ayer?",
        "Mi racconti una barzelletta?",
        "Wat is de hoofdstad van Australië?",
        "Kan du skriva en dikt om hösten?",
        "Jak ugotować rosół?",
        "Toca uma música",
    ],
}


@pytest.fixture(scope="module")
async def router() -> LocalRouter:
    made = LocalRouter(FileTopics(business.folder / "topics", business.by_name), business.folder / "risk.yaml")
    await made.load()
    return made


async def test_topics_are_told_apart_in_every_language(router: LocalRouter) -> None:
    asked = [(topic, text) for topic, texts in ASKED.items() for text in texts]
    found = {text: (await router.classify(text, topic_before=None)).topic for _, text in asked}
    assert {text: found[text] for topic, text in asked if found[text] != topic} == {}


def test_every_topic_of_the_agent_lists_all_nine() -> None:
    topics = FileTopics(business.folder / "topics", business.by_name).all()
    assert [topic.name for topic in topics if set(topic.languages) != set(FIRST)] == []

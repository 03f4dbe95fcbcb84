"""Wishes for a person and words of risk in nine languages, with what only looks like them, against the shop's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.domain.case.classification import Risk
from handrail.routing.rules import RiskRules, RoutingRules
from handrail.routing.text import Folded

WISHES = {
    "en": [
        "Could I speak with someone from your staff?",
        "Is there an actual person I can reach?",
        "Put a manager on the phone",
        "I would rather have a human look at this",
    ],
    "de": [
        "Kann ich bitte mit einem Menschen sprechen?",
        "Ich möchte mit einem Mitarbeiter telefonieren",
        "Bitte rufen Sie mich zurück",
        "Ich will keinen Chatbot, ich will einen Berater",
    ],
    "fr": [
        "Je voudrais parler à un conseiller",
        "Passez-moi un responsable",
        "Je ne veux plus discuter avec un robot",
        "Pouvez-vous me rappeler ? Je veux une vraie personne",
    ],
    "es": [
        "Quisiera hablar con una persona de verdad",
        "Póngame con un agente, por favor",
        "No quiero hablar con una máquina",
        "Necesito un asesor humano",
    ],
    "it": [
        "Vorrei parlare con una persona in carne e ossa",
        "Mi passi un operatore",
        "Non voglio parlare con un robot",
        "Ho bisogno di un operatore umano",
    ],
    "nl": [
        "Ik wil graag een medewerker spreken",
        "Kan ik met een echt persoon praten?",
        "Verbind me door met een leidinggevende",
        "Ik wil niet met een robot praten",
    ],
    "sv": [
        "Jag vill tala med en människa",
        "Kan jag få prata med en handläggare?",
        "Koppla mig till en riktig person",
        "Jag vill inte prata med en robot",
    ],
    "pl": [
        "Chcę rozmawiać z człowiekiem",
        "Proszę mnie połączyć z konsultantem",
        "Nie chcę pisać z botem",
        "Potrzebuję prawdziwego człowieka",
    ],
    "pt": [
        "Quero falar com uma pessoa",
        "Pode passar-me a um atendente?",
        "Não quero falar com um robô",
        "Preciso de um atendente humano",
    ],
}
RISKS = {
    "en": [
        "Someone stole my wallet on the train",
        "I never authorised this payment",
        "My lawyer will contact you about this",
        "I want to kill myself",
    ],
    "de": [
        "Mir wurde die Kreditkarte geklaut",
        "Diese Abbuchung habe ich nicht autorisiert",
        "Mein Anwalt wird sich bei Ihnen melden",
        "Ich will nicht mehr leben",
    ],
    "fr": [
        "On m'a volé ma carte hier soir",
        "Je n'ai pas autorisé ce paiement",
        "Mon avocat va vous contacter",
        "Je n'ai plus envie de vivre",
    ],
    "es": [
        "Me robaron la tarjeta en el metro",
        "No he autorizado este pago",
        "Mi abogado se pondrá en contacto con ustedes",
        "No quiero vivir más",
    ],
    "it": [
        "Mi hanno rubato la carta stamattina",
        "Non ho autorizzato questo pagamento",
        "Il mio avvocato vi contatterà",
        "Non voglio più vivere",
    ],
    "nl": [
        "Mijn bankpas is gestolen",
        "Ik heb deze betaling niet goedgekeurd",
        "Mijn advocaat neemt contact met u op",
        "Ik wil niet meer leven",
    ],
    "sv": [
        "Mitt kort blev stulet i går",
        "Jag har inte godkänt den här betalningen",
        "Min advokat kommer att kontakta er",
        "Jag vill inte leva längre",
    ],
    "pl": [
        "Skradziono mi kartę w tramwaju",
        "Nie autoryzowałem tej płatności",
        "Mój adwokat skontaktuje się z wami",
        "Nie chcę żyć",
    ],
    "pt": [
        "Roubaram o meu cartão ontem",
        "Não autorizei este pagamento",
        "O meu advogado vai contactar-vos",
        "Não quero viver mais",
    ],
}
NEITHER = {
    "en": [
        "Where is my order, it should have come on Monday",
        "The courier left it with a person next door",
        "Please change the delivery address",
        "The charger has a loose contact",
    ],
    "de": [
        "Wo bleibt meine Bestellung?",
        "Ich brauche keinen Mitarbeiter, nur die Sendungsnummer",
        "Bitte ändern Sie die Lieferadresse",
        "Eine andere Person holt das Paket ab",
    ],
    "fr": [
        "Où est ma commande ?",
        "Personne n'était à la maison quand le livreur est passé",
        "Je voudrais changer l'adresse de livraison",
        "La taille ne convient pas",
    ],
    "es": [
        "¿Dónde está mi pedido?",
        "La persona que lo recibió fue mi vecina",
        "Quiero cambiar la dirección de entrega",
        "No quiero hablar con una persona, solo el número de envío",
    ],
    "it": [
        "Dov'è il mio ordine?",
        "Nessuna persona era in casa ieri",
        "Vorrei cambiare l'indirizzo di consegna",
        "La taglia non va bene",
    ],
    "nl": [
        "Waar blijft mijn bestelling?",
        "De persoon naast mij heeft het pakket aangenomen",
        "Ik wil het bezorgadres wijzigen",
        "De maat klopt niet",
    ],
    "sv": [
        "Var är min beställning?",
        "En person i huset tog emot paketet",
        "Jag vill ändra leveransadressen",
        "Storleken passar inte",
    ],
    "pl": ["Gdzie jest moje zamówienie?", "Inna osoba odbierze paczkę", "Chcę zmienić adres dostawy", "Rozmiar nie pasuje"],
    "pt": [
        "Onde está a minha encomenda?",
        "A pessoa que recebeu foi o meu vizinho",
        "Quero mudar o endereço de entrega",
        "O tamanho não serve",
    ],
}
SHOP = Path(__file__).parents[3] / "handrail" / "shop"


def told(sentences: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in sentences.items() for text in texts]


@pytest.fixture(scope="module")
def rules() -> RoutingRules:
    topics = [path.stem for path in (SHOP / "topics").glob("*.yaml")]
    return RiskRules(SHOP / "risk.yaml", lambda: topics).now().value


@pytest.mark.parametrize(("language", "text"), told(WISHES))
def test_a_wish_is_understood(rules: RoutingRules, language: str, text: str) -> None:
    assert rules.wish.find(Folded(text)), language


@pytest.mark.parametrize(("language", "text"), told(RISKS))
def test_a_risk_is_understood(rules: RoutingRules, language: str, text: str) -> None:
    hits = rules.hits(Folded(text))
    assert hits, language
    assert hits[0].rule.risk.rank >= Risk.HIGH.rank


@pytest.mark.parametrize(("language", "text"), told(NEITHER))
def test_neither_is_read_into_it(rules: RoutingRules, language: str, text: str) -> None:
    assert rules.wish.find(Folded(text)) is None, language
    assert rules.hits(Folded(text)) == []

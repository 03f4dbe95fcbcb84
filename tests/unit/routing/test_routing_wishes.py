"""Asking for a person in plain words, whatever phrases a business lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handrail.routing.phrases import Phrase
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.text import Folded

NLUPP = Path(__file__).parents[3].parent / "shared" / "data" / "nlupp" / "banking_dev.jsonl"
WISH = PersonWish([])
"""The shipped grammar alone."""
BARE = {
    "en": ["a real person", "real human", "actual human", "human please", "a person please", "real person"],
    "de": ["echten Menschen", "echter Mensch", "einem Menschen", "menschlicher Mitarbeiter", "einer Person"],
    "fr": ["une vraie personne", "un humain", "une personne"],
    "es": ["una persona real", "una persona", "un humano"],
    "it": ["una persona vera", "una persona", "un umano"],
    "nl": ["een echt mens", "een mens", "een persoon", "een echte persoon"],
    "sv": ["en riktig människa", "en riktig person", "en människa", "en person"],
    "pl": ["prawdziwy człowiek", "prawdziwej osobie", "z człowiekiem", "osobie"],
    "pt": ["uma pessoa real", "uma pessoa", "um humano"],
}
EAGER = PersonWish(Phrase(text, language) for language, texts in BARE.items() for text in texts)
"""With a business's phrases that name a person and no more."""


@pytest.mark.parametrize("word", ["human", "agent", "operator", "person", "representative"])
@pytest.mark.parametrize("written", ["{}", "{}!!", "{}.", "  {} ?!", "“{}”"])
def test_one_word_is_a_wish(word: str, written: str) -> None:
    for cased in (word, word.upper(), word.title()):
        assert WISH.find(Folded(written.format(cased)))


@pytest.mark.parametrize(
    "text",
    [
        "real person now",
        "get me a representative",
        "I don't want to talk to a bot",
        "I dont want a bot",
        "stop, no robots",
        "no bots",
        "I refuse to talk to a machine",
        "I'd rather deal with an employee",
        "let a human check it",
        "can I have a human",
        "I wish to be connected to an agent",
        "enough with the bots",
        "transfer me to one of your agents",
        "It does not work. Agent!",
        "No, human!",
        "Ich möchte einen Menschen sprechen",
        "Ich moechte einen Menschen sprechen",
        "Ich möchte lieber mit einer Person aus dem Support sprechen",
        "Lassen Sie das einen Menschen prüfen",
        "kein Bot bitte",
        "Mitarbeiter!",
        "je veux un humain",
        "un conseiller s'il vous plaît",
        "je ne veux pas parler à un robot",
        "quiero una persona",
        "agente",
        "no quiero hablar con un bot",
        "voglio un operatore",
        "non voglio parlare con un bot",
        "ik wil een mens",
        "geen robot aub",
        "jag vill prata med en riktig människa",
        "ingen robot tack",
        "konsultant",
        "nie chcę rozmawiać z botem",
        "quero um humano",
        "não quero falar com um robô",
    ],
)
def test_wishes(text: str) -> None:
    assert WISH.find(Folded(text))


@pytest.mark.parametrize(
    "text",
    [
        "which agent delivered my parcel",
        "I am a person who orders a lot",
        "my agent account",
        "I need an agent account",
        "I want a person-sized pillow",
        "the operator of the shop",
        "thanks, agent",
        "Hello agent",
        "real",
        "team",
        "of",
        "vraie",
        "the delivery person left it outside",
        "I had to deal with an employee who was rude",
        "am I talking to a person or a bot",
        "there was no robot in the box, only cables",
        "the captcha says I am not a robot but I cannot log in",
        "I don't want this robot, refund me",
        "I do not want to talk to a human",
        "no human",
        "no need for a human",
        "kann eine andere Person das Paket abholen",
        "Ich möchte keinen Menschen sprechen",
        "personne ne répond",
        "la persona que firmó no soy yo",
        "nessuna persona era in casa",
        "no quiero hablar con una persona",
    ],
)
def test_no_wish(text: str) -> None:
    assert WISH.find(Folded(text)) is None


def test_a_reason_names_the_pattern_and_none_of_the_customers_words() -> None:
    found = WISH.find(Folded("Mr Rosenblatt here, get me a real human agent"))
    assert found is not None
    assert found.text == "get/give/find/fetch/bring me PERSON"


@pytest.mark.parametrize(
    "text",
    [
        "It says delivered. Was it handed to a real person?",
        "handed it to a real person?",
        "Did you give it to an actual human?",
        "Has the driver left it with a person?",
        "The parcel was given to a real person at number 4.",
        "It was signed by a real person, not by me.",
        "Can I have a person pick up my parcel?",
        "I want a person to sign for it",
        "Please deliver it to a real human please",
        "Wurde das Paket einem echten Menschen übergeben?",
        "Hat der Bote es einer Person ausgehändigt?",
        "Es wurde von einer Person angenommen, die ich nicht kenne.",
        "Le colis a-t-il été remis à une vraie personne ?",
        "Vous l'avez livré à une personne ?",
        "¿Se lo entregaron a una persona real?",
        "El paquete fue entregado a una persona",
        "È stato consegnato a una persona vera?",
        "Is het aan een echte persoon afgegeven?",
        "Het pakket is bezorgd bij een persoon",
        "Lämnades det till en riktig person?",
        "Har ni överlämnat det? Paketet levererades till en person",
        "Czy oddano paczkę prawdziwej osobie?",
        "Foi entregue a uma pessoa real?",
        "Deixaram o pacote com uma pessoa?",
    ],
)
def test_whoever_got_the_parcel_is_nobody_to_talk_to(text: str) -> None:
    assert EAGER.find(Folded(text)) is None
    assert WISH.find(Folded(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "It says delivered, so let me talk to a person",
        "It was handed to a real person who is not me. Now give me a real person!",
        "It was delivered to a person I do not know, I want to speak to a human",
        "Hand me over to a real person",
        "Please hand this to a person",
        "pass it on to a human",
        "Can I have a person look at my parcel?",
        "let a human check where the parcel is",
        "Das Paket wurde nicht übergeben, ich will mit einem Menschen sprechen",
        "Können Sie das einem echten Menschen übergeben?",
        "Mon colis n'a pas été livré, je veux parler à une vraie personne",
        "No lo han entregado, quiero hablar con una persona real",
        "Non è stato consegnato, vorrei parlare con una persona vera",
        "Het is niet bezorgd, ik wil met een echte persoon praten",
        "Det levererades aldrig, jag vill prata med en riktig människa",
        "Nie dostarczono jej, chcę rozmawiać z człowiekiem",
        "Não foi entregue, quero falar com uma pessoa real",
    ],
)
def test_a_parcel_beside_a_wish_takes_nothing_back(text: str) -> None:
    assert EAGER.find(Folded(text))


@pytest.mark.skipif(not NLUPP.is_file(), reason="the public banking data is not beside the project: ../shared/data/nlupp")
def test_real_customers_who_want_a_person_are_heard_and_no_others() -> None:
    rows = [json.loads(line) for line in NLUPP.read_text("utf-8").splitlines()]
    heard = [("handoff" in (row["labels"] or ()), WISH.find(Folded(row["text"])) is not None) for row in rows]

    assert heard.count((True, True)) >= 28
    assert heard.count((False, True)) == 0

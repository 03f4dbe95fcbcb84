"""Asking for a person in plain words, whatever phrases a business lists."""

from __future__ import annotations

import pytest

from handrail.routing.text import Folded
from handrail.routing.wish import Wish

WISH = Wish([])


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

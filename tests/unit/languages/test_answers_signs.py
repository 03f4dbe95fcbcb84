"""Signs beside an answer's words, and short words that take a yes back: what must be heard, and what stops nothing."""

from __future__ import annotations

import pytest

from handrail.domain.text.message.answers import Consent, read_answer, takes_back
from handrail.domain.text.message.changes import changes
from handrail.domain.text.message.exactly import asked_exactly
from handrail.domain.text.packs import packs

ASKED = ["Refund 175.00 USD for order O-10001."]


def read(text: str, language: str = "en") -> Consent:
    return read_answer([text], language, ASKED)


@pytest.mark.parametrize(
    "text",
    [
        "yes \U0001f642",
        "Yes, please! \U0001f64f",
        "ok :)",
        "ok ;-)",
        "yes \U0001f44d\U0001f3fd",
        "yes \u2764\ufe0f",
        "\u2705 yes",
        "ok \u2714\ufe0f",
    ],
)
def test_a_yes_beside_an_agreeing_sign_stays_a_yes(text: str) -> None:
    assert read(text) is Consent.YES


@pytest.mark.parametrize("text", ["ja \U0001f44d", "Ja bitte \U0001f60a", "gerne! \U0001f64f\U0001f3fb"])
def test_a_german_yes_beside_an_agreeing_sign_stays_a_yes(text: str) -> None:
    assert read(text, "de") is Consent.YES


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja"])
@pytest.mark.parametrize(
    "text",
    [
        "ok \U0001f44e",
        "ok \u274c",
        "ok \U0001f6ab \U0001f6ab",
        "ok \U0001f645\u200d\u2640\ufe0f",
        "ok -- \u2717",
        "ok \U0001f612",
        "ok \U0001f602",
        "ok \U0001f914",
        "ok \u2192",
        "ok \U0001fae8",
        "ok :(",
        "ok :-/",
        "ok \U0001f642\u200d\u2194\ufe0f",
    ],
)
def test_a_yes_beside_any_other_sign_is_unsure(text: str, language: str) -> None:
    assert read(text, language) is Consent.UNSURE


@pytest.mark.parametrize("text", ["\U0001f44e", "\u274c", "no \U0001f44e", "\U0001f645\u200d\u2642\ufe0f", "\U0001f6d1 stop"])
def test_a_refusing_sign_is_a_no(text: str) -> None:
    assert read(text) is Consent.NO


@pytest.mark.parametrize("text", ["\U0001f44d", "\U0001f642", "\U0001f4e6"])
def test_a_sign_alone_is_never_a_yes(text: str) -> None:
    assert read(text) is Consent.UNSURE


@pytest.mark.parametrize("text", ["yes -175", "yes \u2212175", "yes --175.00 USD", "yes -$175", "yes +175", "yes (-175)"])
def test_a_sign_before_a_number_is_part_of_it(text: str) -> None:
    assert read(text) in (Consent.OTHER, Consent.UNSURE)


@pytest.mark.parametrize("text", ["yes 175", "yes 175.00 USD", "yes - 175 USD", "yes, O-10001", "yes $175"])
def test_a_number_that_was_asked_about_stays_an_echo(text: str) -> None:
    assert read(text) is Consent.YES


def test_a_negative_amount_is_not_what_was_asked_exactly() -> None:
    line = "Refund 20.00 USD for order O-10001"
    assert asked_exactly(["refund 20 USD of O-10001"], "en", "refund_order", line, ["O-10001", 20])
    assert not asked_exactly(["refund -20 USD of O-10001"], "en", "refund_order", line, ["O-10001", 20])
    assert not asked_exactly(["refund 20 USD of O-10001 \U0001f44e"], "en", "refund_order", line, ["O-10001", 20])


def test_an_ironical_yes_is_none() -> None:
    assert read("yeah right") is Consent.UNSURE
    assert read("yeah, right away please") is Consent.YES


TAKEN = {
    "en": [
        *("\U0001f44e", "\u274c", "Thanks. \U0001f44e", "undo", "Undo that please", "nvm", "revert", "pause please"),
        *("Actually I'd rather keep it", "I'd prefer an exchange", "let me ask my wife first", "hold it"),
        "Let me sleep on it.",
    ],
    "de": [
        *(
            "\U0001f44e",
            "doch nicht",
            "lieber behalten",
            "Ich m\u00f6chte sie doch lieber behalten",
            "lass mich erst meine Frau fragen",
        ),
        *(
            "Lassen Sie mich erst mit meinem Mann sprechen",
            "bitte r\u00fcckg\u00e4ngig machen",
            "Pause bitte",
            "Kommando zur\u00fcck",
        ),
        *("Ein Umtausch w\u00e4re mir lieber", "Ich schlafe noch dar\u00fcber", "lass mal", "Ich muss erst meine Frau fragen"),
        "Ich hätte lieber einen Umtausch",
    ],
    "fr": [
        "\U0001f44e",
        "finalement non",
        "je pr\u00e9f\u00e8re le garder",
        "laissez-moi d'abord demander \u00e0 ma femme",
        "Je pr\u00e9f\u00e9rerais un \u00e9change",
    ],
    "es": ["\U0001f44e", "al final no", "prefiero quedármelo", "déjeme preguntar a mi mujer primero", "Preferiría un cambio"],
    "it": ["\U0001f44e", "alla fine no", "preferisco tenerlo", "mi faccia chiedere a mia moglie", "Preferirei un cambio"],
    "nl": [
        "\U0001f44e",
        "toch maar niet",
        "ik wil hem toch houden",
        "laat me eerst mijn vrouw vragen",
        "Ik heb liever een ruil",
    ],
    "pl": ["\U0001f44e", "jednak nie", "wolę zatrzymać", "muszę najpierw zapytać żonę", "Wolałbym wymianę"],
    "pt": ["\U0001f44e", "afinal não", "prefiro ficar com ele", "deixe-me perguntar à minha mulher", "Preferia uma troca"],
    "sv": [
        "\U0001f44e",
        "nej förresten",
        "jag vill hellre behålla den",
        "låt mig fråga min fru först",
        "Jag föredrar ett byte",
    ],
}


@pytest.mark.parametrize("language", TAKEN)
def test_short_words_take_a_yes_back(language: str) -> None:
    deaf = [
        text for text in TAKEN[language] if not takes_back([text], language, ASKED) and not changes([text], language, ASKED)
    ]
    assert deaf == []


GOES_ON = {
    "en": [
        "Thanks! \U0001f642",
        "\U0001f44d",
        "Great \U0001f602",
        "It came in a box \U0001f4e6 from the shop",
        "thanks, bye :(",
    ],
    "de": ["Danke! \U0001f44d", "Super \U0001f602", "Vielen Dank \U0001f64f", "Alles klar, danke"],
    "fr": ["Merci \U0001f642", "Je reste en attente de votre r\u00e9ponse"],
    "es": ["Gracias \U0001f642", "Quedo en espera de su respuesta"],
    "nl": ["Dank je \U0001f642", "Laat het me weten"],
}


@pytest.mark.parametrize("language", GOES_ON)
def test_thanks_with_signs_take_nothing_back(language: str) -> None:
    nervous = [text for text in GOES_ON[language] if takes_back([text], language, ASKED) or changes([text], language, ASKED)]
    assert nervous == []


@pytest.mark.parametrize("language", sorted(packs().by_code))
def test_every_language_hears_a_refusing_sign_and_keeps_its_own_yes(language: str) -> None:
    answers = packs().by_code[language].answers
    assert takes_back(["\U0001f44e"], language)
    lost = [word for word in answers.yes if read_answer([word], language) is not Consent.YES]
    beside = [word for word in answers.yes if read_answer([f"{word} \u274c"], language) is not Consent.UNSURE]
    assert (lost, beside) == ([], [])

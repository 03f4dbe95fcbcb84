"""Thank-yous: told from messages that want something, in nine languages."""

from __future__ import annotations

import pytest

from handrail.domain.text.message.thanks import only_courtesy, only_thanks
from handrail.domain.text.packs import packs


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Great, thank you so much for your help!! \U0001f60a",
        "Vielen Dank, schönen Tag noch",
        "Merci beaucoup, bonne journée",
        "muchas gracias por todo, un saludo",
        "Grazie mille, arrivederci",
        "hartelijk bedankt voor de hulp",
        "Tack så mycket för hjälpen",
        "Dziękuję bardzo za pomoc",
        "Muito obrigado pela ajuda",
        "Bye",
    ],
)
def test_thanks_and_goodbyes_are_heard(text: str) -> None:
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but where is my money",
        "Thanks, where is it?",
        "No thanks",
        "Now please, thanks",
        "ok",
        "Thanks for nothing",
        "Thank you, order O-10001 came",
        "Danke, aber es fehlt noch etwas",
        "",
        "thanks " * 60,
    ],
)
def test_whoever_says_more_is_not_taken_for_thankful(text: str) -> None:
    assert not only_thanks(text)


def test_nine_languages_know_thanks_and_each_is_heard() -> None:
    for code in ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt"):
        words = packs().by_code[code].goodbye.thanks
        assert len(words) >= 8, code
        assert all(only_thanks(word) for word in words), code


@pytest.mark.parametrize(
    "text",
    [
        "Hello? Is anyone there?",
        "Hi, any news?",
        "???",
        "Thanks! Still waiting...",
        "Hallo?? Ist da jemand?",
        "Bonjour, il y a quelqu'un ?",
        "¿Hola? ¿Hay alguien ahí?",
        "Buongiorno, c'è qualcuno?",
        "Hallo, is daar iemand?",
        "Halo, czy jest tam ktoś?",
        "Olá, está aí alguém?",
        "Hallå, är det någon där?",
        "Thanks!",
    ],
)
def test_nudges_and_greetings_want_nothing(text: str) -> None:
    assert only_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello? I do not want it any more.",
        "Hello, where is it?",
        "Is anyone there? Stop!",
        "Hi, wait",
        "Hallo, warte noch",
        "ok",
        "yes",
        "no",
        "Anyone? It is 20, not 30",
        "Hello, can somebody call me",
        "!!!",
        "",
        "hello " * 60,
    ],
)
def test_whoever_wishes_something_beside_a_nudge_is_heard(text: str) -> None:
    assert not only_courtesy(text)


def test_nine_languages_know_nudges_and_each_is_heard_and_takes_no_yes_back() -> None:
    every = packs().by_code.values()
    undoing = {
        word for one in every for word in (*one.answers.no, *one.answers.unsure, *one.answers.but, *one.answers.changes)
    }
    for code in ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt"):
        words = packs().by_code[code].nudge.words
        assert len(words) >= 15, code
        assert all(only_courtesy(word) and not only_thanks(f"{word}?") for word in words), code
        assert not undoing & set(words), code

"""Thank-yous: told from messages that want something, in nine languages."""

from __future__ import annotations

import pytest

from handrail.domain.text.message.thanks import only_thanks
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

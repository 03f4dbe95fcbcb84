"""Languages of short messages."""

from __future__ import annotations

import pytest

from handrail.routing.language import SURE, Languages


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my order", "en"),
        ("reset my password", "en"),
        ("wo ist mein paket", "de"),
        ("je veux parler à un humain", "fr"),
        ("quiero hablar con una persona", "es"),
        ("mi hanno rubato la carta", "it"),
        ("ik wil mijn geld terug", "nl"),
        ("jag vill ha pengarna tillbaka", "sv"),
        ("gdzie jest moja paczka", "pl"),
        ("quero o meu dinheiro de volta", "pt"),
        ("hvor er min pakke, jeg har ventet i tre uger", "da"),
        ("где мой заказ", "ru"),
        ("أين طلبي", "ar"),
        ("我的订单在哪里", "zh"),
        ("order O-10023: wo ist mein Paket? http://example.org/where/is/the/order", "de"),
    ],
)
def test_found(languages: Languages, text: str, language: str) -> None:
    guess = languages.detect(text, fallback="xx")
    assert guess.language == language
    assert guess.confidence >= SURE


@pytest.mark.parametrize(
    "text", ["ok", "no", "password reset", "O-10023", "", "!!!", "12.50", "😡😡", "anna@example.org", "si", "\x00"]
)
def test_not_told_by_the_text(languages: Languages, text: str) -> None:
    guess = languages.detect(text, fallback="sv")
    assert guess.language == "sv"
    assert guess.confidence < SURE

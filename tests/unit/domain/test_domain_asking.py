"""Sums, days and moments in a question to a customer stand as the customer's language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from handrail.domain.money import Money
from handrail.domain.text.asking import asking, written
from handrail.domain.text.packs import FIRST
from handrail.shop import business
from handrail.shop.actions.asking import asks, sentences

SUM = Money.of(Decimal("1234.5"), "USD")
WRITTEN = {
    "en": ("1,234.50 USD", "14.90 USD", "3 March 2026"),
    "de": ("1.234,50 USD", "14,90 USD", "3. März 2026"),
    "fr": ("1\u202f234,50 USD", "14,90 USD", "3 mars 2026"),
    "es": ("1.234,50 USD", "14,90 USD", "3 de marzo de 2026"),
    "it": ("1.234,50 USD", "14,90 USD", "3 marzo 2026"),
    "nl": ("1.234,50 USD", "14,90 USD", "3 maart 2026"),
    "sv": ("1\xa0234,50 USD", "14,90 USD", "3 mars 2026"),
    "pl": ("1\xa0234,50 USD", "14,90 USD", "3 marca 2026"),
    "pt": ("1.234,50 USD", "14,90 USD", "3 de março de 2026"),
}


@pytest.mark.parametrize("language", FIRST)
def test_each_language_writes_sums_and_days_in_its_own_form(language: str) -> None:
    small, day = Money.of(Decimal("14.90"), "USD"), date(2026, 3, 3)
    assert tuple(written(one, language) for one in (SUM, small, day)) == WRITTEN[language]
    moment = written(datetime(2026, 3, 3, 17, 5, tzinfo=UTC), language)
    assert WRITTEN[language][2] in moment
    assert "17:05 (UTC)" in moment


def test_a_value_is_no_sentence_and_currencies_have_their_own_decimals() -> None:
    assert asking({"de": "{{a}} {{b}} {{c}}"}, a="{{b}}", b=7) == {"de": "{{b}} 7 {{c}}"}
    assert written(Money.of(Decimal(1500), "JPY"), "de") == "1.500 JPY"
    assert written(SUM, "tlh") == WRITTEN["en"][0]


@pytest.mark.parametrize("value", [Money(Decimal(1)), Money(Decimal(1), frozenset("AB")), datetime(2026, 3, 3), True, 1.5])  # noqa: DTZ001
def test_a_sum_without_its_currency_a_moment_without_its_zone_or_a_float_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"exactly one currency|needs its zone|is a bool|is a float"):
        written(value, "en")


def test_every_effect_of_the_shop_has_a_question_in_all_nine_languages() -> None:
    effects = {tool.name for tool in business.tools if tool.preview}
    assert {tool: set(known) for tool, known in sentences().items()} == {tool: set(FIRST) for tool in effects}
    for tool in effects:
        said = asks(tool, order="O-10001", amount=SUM, address="1 Quay Street", email="a***@example.net")
        assert [one for one in said.values() if "{{" in one] == []
        for language, one in said.items() if "{{amount}}" in sentences()[tool]["en"] else ():
            assert WRITTEN[language][0] in one

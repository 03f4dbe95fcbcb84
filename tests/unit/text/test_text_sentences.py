"""One splitter for every language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.text.sentences import sentence_at, sentences


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello Mr. Smith. It costs 5.50 USD. Yes!", ["Hello Mr. Smith.", "It costs 5.50 USD.", "Yes!"]),
        ("Am 8. März kommt es. Danke.", ["Am 8. März kommt es.", "Danke."]),
        ("Das gilt z.B. am 5. Mai. Bis bald!", ["Das gilt z.B. am 5. Mai.", "Bis bald!"]),
        ("Art. Nr. 5 ist da. Gut.", ["Art. Nr. 5 ist da.", "Gut."]),
        ("Livré le 5. Merci.", ["Livré le 5.", "Merci."]),
        ("Il coûte 1.234,50 €. Voilà.", ["Il coûte 1.234,50 €.", "Voilà."]),
        ("Arriva il 8 nov. 2026. Grazie.", ["Arriva il 8 nov. 2026.", "Grazie."]),
        ("Wysłano 8 listopada 2026 r. kurierem. Dziękuję.", ["Wysłano 8 listopada 2026 r. kurierem.", "Dziękuję."]),
        ("One\ntwo", ["One", "two"]),
        ("He said “no.” Then he left.", ["He said “no.”", "Then he left."]),
        ("Wait... what?", ["Wait...", "what?"]),
        ("", []),
    ],
)
def test_sentences_end_where_people_end_them(text: str, wanted: list[str]) -> None:
    assert [one.text for one in sentences(text)] == wanted


@given(st.text(max_size=200))
def test_nothing_but_blanks_is_lost(text: str) -> None:
    found = sentences(text)
    assert all(text[one.start : one.end] == one.text for one in found)
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())


def test_the_sentence_around_a_place() -> None:
    text = "One is here. Two is there."
    found = sentences(text)
    at = [sentence_at(found, place) for place in (0, 5, 14, 25)]
    assert [one.text if one else None for one in at] == ["One is here.", "One is here.", "Two is there.", "Two is there."]
    assert sentence_at([], 3) is None

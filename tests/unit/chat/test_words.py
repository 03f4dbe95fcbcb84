"""The words of the chat: the same keys everywhere, and buttons whose words mean to the house what they say to customers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from handrail.chat.pages import STATIC, WORDS, answers
from handrail.domain.text.message.answers import Consent, read_answer
from handrail.domain.text.packs import DEEDS, packs
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.text import Folded

LANGUAGES = sorted(file.stem for file in DEEDS.glob("*.toml"))


def test_every_language_that_the_agent_speaks_has_all_the_words() -> None:
    assert sorted(WORDS.languages) == LANGUAGES
    reference: Mapping[str, str] = WORDS.languages["en"]
    for language, words in WORDS.languages.items():
        assert set(words) == set(reference), language
        for key, said in words.items():
            assert isinstance(said, str), (language, key)
            assert said.strip(), (language, key)
            assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", reference[key])), (language, key)
        assert packs().told("disclosure")[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_buttons_say_is_heard_in_every_language(language: str) -> None:
    words = WORDS.languages[language]
    assert read_answer([answers()[language]["yes"]], language, ["x"]) is Consent.YES
    assert read_answer([answers()[language]["no"]], language, ["x"]) is Consent.NO
    assert PersonWish([]).find(Folded(words["script_person_words"])) is not None


def test_the_launcher_has_words_in_the_same_languages() -> None:
    script = (STATIC / "widget.js").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\b([a-z]{2}): \[", script)) == LANGUAGES


def test_a_language_is_found_by_its_region_and_by_what_the_browser_takes() -> None:
    assert WORDS.chosen("de-AT") == "de"
    assert WORDS.chosen("", "tlh, fr-CA;q=0.8, en;q=0.5") == "fr"
    assert WORDS.chosen("xx", "") == "en"

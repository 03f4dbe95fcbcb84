"""A yes that is taken back a moment later, in nine languages: what must stop an effect, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handrail.domain.text.message.answers import takes_back

HERE = Path(__file__).parent
SAID = yaml.safe_load((HERE / "answers_taken_back.yaml").read_text("utf-8"))
ANSWERS = yaml.safe_load((HERE / "answers.yaml").read_text("utf-8"))


def test_the_nine_languages_are_here() -> None:
    assert sorted(SAID) == sorted(ANSWERS)


@pytest.mark.parametrize("language", SAID)
def test_what_takes_a_yes_back_is_heard_and_nothing_else(language: str) -> None:
    asked = [ANSWERS[language]["asked"]]
    deaf = [text for text in SAID[language]["takes_back"] if not takes_back([text], language, asked)]
    nervous = [text for text in SAID[language]["goes_on"] if takes_back([text], language, asked)]
    assert (deaf, nervous) == ([], [])


@pytest.mark.parametrize("language", ANSWERS)
def test_every_no_takes_a_yes_back_and_another_yes_does_not(language: str) -> None:
    asked = [ANSWERS[language]["asked"]]
    deaf = [text for text in ANSWERS[language]["refuses"] if not takes_back([text], language, asked)]
    nervous = [text for text in ANSWERS[language]["agrees"] if takes_back([text], language, asked)]
    assert (deaf, nervous) == ([], [])


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("> No, wait", False),
        ('You wrote "no refunds" on your page', False),
        ("thank you\nno, wait", True),
        ("Wait, cancel O-10002 instead", True),
        ("No", True),
    ],
)
def test_what_is_quoted_takes_nothing_back(text: str, *, taken: bool) -> None:
    assert takes_back([text], "en", ["Cancel order O-10001."]) is taken


def test_a_word_in_any_of_several_messages_is_enough() -> None:
    assert takes_back(["Thanks!", "No, stop"], "en")
    assert not takes_back([], "en")

"""A yes whose request is changed a moment later, in nine languages: what must stop an effect, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handrail.domain.text.message.answers import takes_back
from handrail.domain.text.message.changes import changes

HERE = Path(__file__).parent
SAID = yaml.safe_load((HERE / "answers_changed.yaml").read_text("utf-8"))
ANSWERS = yaml.safe_load((HERE / "answers.yaml").read_text("utf-8"))
TAKEN_BACK = yaml.safe_load((HERE / "answers_taken_back.yaml").read_text("utf-8"))
REFUND = ["Refund 50.00 USD of order O-10001."]


def test_the_nine_languages_are_here() -> None:
    assert sorted(SAID) == sorted(ANSWERS)


@pytest.mark.parametrize("language", SAID)
def test_what_changes_the_request_is_heard_and_nothing_else(language: str) -> None:
    asked = [SAID[language]["asked"]]
    deaf = [text for text in SAID[language]["changes"] if not changes([text], language, asked)]
    nervous = [
        text for text in SAID[language]["goes_on"] if changes([text], language, asked) or takes_back([text], language, asked)
    ]
    assert (deaf, nervous) == ([], [])


@pytest.mark.parametrize("language", ANSWERS)
def test_another_yes_thanks_and_questions_change_nothing(language: str) -> None:
    asked = [ANSWERS[language]["asked"]]
    said = [*ANSWERS[language]["agrees"], *TAKEN_BACK[language]["goes_on"]]
    assert [text for text in said if changes([text], language, asked)] == []


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("> make it 40", False),
        ('The page says "only 40"', False),
        ("thank you\nmake it 40", True),
        ("Also refund O-10002", False),
        ("My son is 12", False),
        ("Call me at 555 123 4567", False),
        ("make it so", False),
        ("50.00", False),
        ("the fifty", False),
    ],
)
def test_only_the_customers_own_words_about_what_was_asked_count(text: str, *, changed: bool) -> None:
    assert changes([text], "en", REFUND) is changed


def test_another_day_changes_what_was_asked_of_a_day() -> None:
    asked = ["Move booking B-7 to 3 March 2027."]
    assert changes(["4 March please"], "en", asked)
    assert not changes(["Great, 3 March"], "en", asked)
    assert not changes(["4 March please"], "en", REFUND)

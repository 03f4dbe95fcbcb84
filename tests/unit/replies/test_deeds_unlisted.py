"""Replies about changes that no list of words has: held where nothing shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handrail.domain.text.deeds.held import held
from handrail.domain.text.deeds.unlisted.changes import changes
from tests.support.counting import calls
from tests.support.made import EFFECTS, FACTS, effect

UNLISTED: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "deeds_unlisted.yaml").read_text("utf-8"))


def unlisted(verdict: str) -> list[tuple[str, str]]:
    return [(language, text) for language, by in UNLISTED.items() for text in by[verdict]]


@pytest.mark.parametrize(("language", "text"), unlisted("held"))
def test_a_change_that_no_list_of_words_has_is_held_where_nothing_shows_it(language: str, text: str) -> None:
    assert held(text, [], [], language=language) != []


@pytest.mark.parametrize(("language", "text"), unlisted("sent"))
def test_what_claims_no_change_is_sent_whatever_its_verbs(language: str, text: str) -> None:
    delivered = {"order_id": "O-10016", "status": "delivered", "delivered_at": "2026-11-18"}
    assert [one.message for one in held(text, [], [delivered], language=language)] == []


EXTENDED = "Your warranty has been extended by a year."


def test_an_effect_a_record_or_a_person_accounts_for_an_unlisted_change() -> None:
    assert held(EXTENDED, [effect("extend_warranty", {"order_id": "O-10021"}, {"ok": True})], [], language="en") == []
    assert held(EXTENDED, [], [{"order_id": "O-10021", "warranty": "extended"}], language="en") == []
    assert held(EXTENDED, [], [], language="en", person=["the", "warranty", "was", "extended"]) == []


@pytest.mark.parametrize(
    ("text", "language", "covered"),
    [
        ("Your warranty for O-10021 has been extended.", "en", True),
        ("Your warranty for O-10016 has been extended.", "en", False),
        ("Your seat has been upgraded to the front row.", "en", False),
        ("Your order has been gift-wrapped.", "en", False),
        ("Ihre Garantie wurde verlängert.", "de", True),
        ("Die Garantie für O-10016 wurde verlängert.", "de", False),
    ],
)
def test_an_action_of_no_kind_covers_its_own_object_and_in_english_its_own_words(
    text: str, language: str, covered: bool
) -> None:
    done = [effect("extend_warranty", {"order_id": "O-10021"}, {"ok": True})]
    assert (held(text, done, [], language=language) == []) is covered


@pytest.mark.parametrize("text", [": : :", "?! ?! ?!", "– – –", "Done: – –"])
def test_marks_alone_are_no_claim_of_a_change(text: str) -> None:
    assert list(changes(text, None)) == []


def test_german_writes_a_sum_off_only_with_the_verb_s_second_half() -> None:
    assert held("Wir schreiben Ihnen den Betrag gut.", [], [], language="de") != []
    assert held("Wir schreiben Ihnen eine Mail.", [], [], language="de") == []


def test_money_that_left_us_is_a_refund() -> None:
    assert held("The money left our account yesterday.", [], [], language="en") != []
    assert held("The money left our account yesterday.", EFFECTS[:1], FACTS, language="en") == []
    assert held("The money left your account yesterday.", [], [], language="en") == []


def test_nothing_else_accounts_for_it() -> None:
    assert held(EXTENDED, EFFECTS[:1], FACTS, language="en") != []
    assert held(EXTENDED, [], [{"order_id": "O-10021", "extended": False}], language="en") != []
    assert held(EXTENDED, [], [], language="en", customer=["extended"]) != []


def test_the_message_names_the_verb_that_nothing_shows() -> None:
    (one,) = held(EXTENDED, [], [], language="en")
    assert "says that something was done (extended), which nothing here shows" in one.message


@pytest.mark.parametrize("filler", ["booked ", "we have booked ", "gewijzigd ", "ha sido ", "Your order has been moved. "])
def test_unlisted_changes_are_found_in_time_that_grows_with_the_length(filler: str) -> None:
    list(changes(filler, None))
    short, long = (calls(lambda text: list(changes(text, "en")), filler * (size // len(filler))) for size in (4_000, 8_000))
    assert long < 2.5 * short

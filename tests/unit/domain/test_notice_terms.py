"""When a person is told by mail: at once, as a digest, never in quiet hours of their own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from handrail.desk.words import languages
from handrail.domain.team.terms import NoticeTerms
from handrail.mail.letters.composing import WORDS

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def at(clock: str, day: int = 0) -> datetime:
    """A moment by the clock of UTC, some days after the Monday."""
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


def terms(**given: object) -> NoticeTerms:
    return NoticeTerms.model_validate({"mail": "ann@shop.example", **given})


def test_at_once_but_not_before_the_window_is_over() -> None:
    told = terms(every_minutes=15)
    assert told.due(at("10:00"), None, at("10:00"), "UTC")
    assert not told.due(at("10:05"), at("10:00"), at("10:14"), "UTC")
    assert told.due(at("10:05"), at("10:00"), at("10:15"), "UTC")


@pytest.mark.parametrize(("clock", "due"), [("18:59", True), ("19:00", False), ("05:59", False), ("06:00", True)])
def test_quiet_hours_are_those_of_the_persons_zone_and_go_over_midnight(clock: str, due: bool) -> None:
    told = terms(quiet={"from": "20:00", "to": "07:00"}, zone=BERLIN)
    assert told.due(at("01:00"), None, at(clock), "America/New_York") is due
    assert terms(quiet={"from": "20:00", "to": "07:00"}).due(at("01:00"), None, at(clock), BERLIN) is due


def test_nothing_leaves_on_other_days() -> None:
    told = terms(days=["tue"])
    assert not told.due(at("10:00"), None, at("23:59"), "UTC")
    assert told.due(at("10:00"), None, at("00:00", 1), "UTC")


def test_a_digest_leaves_at_its_times_with_what_waited_before() -> None:
    told = terms(digest=["08:30", "13:00"])
    assert not told.due(at("09:00"), None, at("12:59"), "UTC")
    assert told.due(at("09:00"), None, at("13:00"), "UTC")
    assert not told.due(at("13:01"), at("13:00"), at("23:00"), "UTC")
    assert told.due(at("13:01"), at("13:00"), at("08:30", 1), "UTC")


def test_a_digest_that_falls_into_quiet_hours_leaves_behind_them() -> None:
    told = terms(digest=["06:00"], quiet={"from": "22:00", "to": "07:00"})
    assert not told.due(at("20:00"), None, at("06:00", 1), "UTC")
    assert told.due(at("20:00"), None, at("07:00", 1), "UTC")


@pytest.mark.parametrize(
    "wrong",
    [{"mail": "ann"}, {"mail": "a@b.example\nBcc: c@d.example"}, {"language": "tlh"}, {"quiet": {"from": "8"}}, {"days": []}],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        terms(**wrong)


def test_letters_speak_every_language_of_the_desk() -> None:
    assert set(WORDS.languages) == set(languages())
    field = NoticeTerms.model_json_schema()["properties"]["language"]
    assert set(field["enum"]) == set(WORDS.languages)
    first, *others = WORDS.languages.values()
    assert all(set(one) == set(first) for one in others)

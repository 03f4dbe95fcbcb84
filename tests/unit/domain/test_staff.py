"""Who works when, over nights, clock changes and holidays; and until when a customer can expect an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.hours import Shift, after, opening, spans
from handrail.domain.team.staff import Need, Roster, TeamMember, Window
from handrail.people.loader import FilePeople
from handrail.people.staff import words

BERLIN = "Europe/Berlin"
WEEK = ["mon", "tue", "wed", "thu", "fri"]
FRIDAY = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def shift(days: list[str], start: str, end: str) -> Shift:
    return Shift.model_validate({"days": days, "from": start, "to": end})


def person(name: str, **changes: object) -> TeamMember:
    base = {"name": name, "skills": ["support"], "languages": ["en"], "shifts": [shift(WEEK, "08:00", "17:00")]}
    return TeamMember.model_validate({**base, **changes})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("days", "start", "end", "around", "hours"),
    [
        (["sat"], "22:00", "06:00", "2026-11-21T12:00+01:00", [("2026-11-21T22:00+01:00", "2026-11-22T06:00+01:00")]),
        (["sun"], "01:00", "04:00", "2026-10-25T00:00+02:00", [("2026-10-25T01:00+02:00", "2026-10-25T04:00+01:00")]),
        (["mon"], "00:00", "24:00", "2026-11-23T05:00+01:00", [("2026-11-23T00:00+01:00", "2026-11-24T00:00+01:00")]),
    ],
)
def test_a_shift_keeps_its_hours_on_the_wall(
    days: list[str], start: str, end: str, around: str, hours: list[tuple[str, str]]
) -> None:
    within = (at(around), at(around) + timedelta(hours=30))
    found = spans([shift(days, start, end)], BERLIN, within)
    assert found == [(at(first), at(last)) for first, last in hours]


def test_working_time_stops_overnight_and_over_the_weekend() -> None:
    hours = spans([shift(WEEK, "08:00", "17:00")], BERLIN, (FRIDAY, FRIDAY + timedelta(days=5)))
    assert after(hours, FRIDAY, timedelta(minutes=30)) == at("2026-11-20T17:00+01:00")
    assert after(hours, FRIDAY, timedelta(hours=2)) == at("2026-11-23T09:30+01:00")
    assert opening(hours, at("2026-11-20T17:00+01:00")) == at("2026-11-23T08:00+01:00")
    assert after(hours, FRIDAY, timedelta(days=9)) is None


def test_an_answer_is_due_in_the_working_time_of_those_who_can() -> None:
    night = person("nia", skills=["fraud"], tier=2, shifts=[shift(["sat", "sun"], "22:00", "06:00")])
    roster = Roster([person("ann"), person("ben", languages=["en", "fr"]), night], BERLIN, [date(2026, 11, 23)])
    evening = at("2026-11-20T17:30+01:00")
    expected = roster.expect(Need(queue="support", tier=1, language="fr"), evening, 120)
    # Monday is a holiday.
    assert (expected.opens_at, expected.answer_by) == (at("2026-11-24T08:00+01:00"), at("2026-11-24T10:00+01:00"))
    assert (expected.remind_at, expected.able, expected.at_work) == (at("2026-11-24T09:00+01:00"), 1, 0)
    misuse = roster.expect(Need(queue="fraud", tier=2, language="en"), at("2026-11-22T00:30+01:00"), 30)
    assert (misuse.opens_at, misuse.answer_by, misuse.at_work) == (None, at("2026-11-22T01:00+01:00"), 1)


def test_an_on_call_window_opens_a_closed_house() -> None:
    window = Window(window_id="w", person="ada", start=at("2026-11-21T09:00+01:00"), end=at("2026-11-21T13:00+01:00"))
    ada = person("ada", shifts=[], pool=True)
    need, saturday = Need(queue="support", tier=1, language="en"), at("2026-11-21T08:00+01:00")
    assert Roster([person("ann"), ada], BERLIN, windows=[window]).expect(need, saturday, 60).answer_by == at(
        "2026-11-21T10:00+01:00"
    )
    assert Roster([person("ann"), ada], BERLIN).expect(need, saturday, 60).answer_by == at("2026-11-23T09:00+01:00")


def test_a_language_that_nobody_speaks_goes_to_those_who_can_otherwise() -> None:
    roster = Roster([person("ann"), person("ben", languages=["fr"])], BERLIN)
    assert [one.name for one in roster.able(Need(queue="support", tier=1, language="fr"))] == ["ben"]
    assert [one.name for one in roster.able(Need(queue="support", tier=1, language="sv"))] == ["ann", "ben"]
    assert roster.able(Need(queue="support", tier=2, language="en")) == []


def test_without_anybody_the_clock_runs_so_that_the_case_is_passed_on() -> None:
    found = Roster().expect(Need(queue="support", tier=1), FRIDAY, 60)
    assert (found.opens_at, found.answer_by, found.able) == (None, FRIDAY + timedelta(minutes=60), 0)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Monday, 23 November 2026, 08:00 (Berlin)"),
        ("de", "Montag, 23. November 2026, 08:00 (Berlin)"),
        ("es", "lunes, 23 de noviembre de 2026, 08:00 (Berlín)"),
        ("xx", "Monday, 23 November 2026, 08:00 (Berlin)"),
    ],
)
def test_a_moment_is_said_as_the_language_says_it(language: str, said: str) -> None:
    assert words(at("2026-11-23T08:00+01:00"), FRIDAY, language, BERLIN) == said
    assert words(FRIDAY, FRIDAY, language, BERLIN).startswith("16:30 (")


TEAM = """\
zone: Europe/Berlin
people:
  - name: ann
    skills: [support]
    languages: [en, no]
    shifts: [{days: [mon], from: "08:00", to: "16:00"}]
"""


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (TEAM.replace("Europe/Berlin", "Europe/Berin"), 1, "'Europe/Berin' is no time zone"),
        (TEAM.replace('"08:00"', '"8 am"'), 6, "'8 am' is no time of day"),
        (TEAM.replace("[mon]", "[monday]"), 6, "'monday' does not fit"),
        (TEAM + TEAM.split("people:\n")[1], 7, "'ann' stands here twice"),
        (TEAM.split("    shifts")[0], 3, "ann never works"),
    ],
)
def test_a_broken_file_of_people_is_refused_at_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        FilePeople(file)
    assert said in str(refused.value)
    assert f"{file}:{line}: " in str(refused.value)


def test_an_edit_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(TEAM)
    people = FilePeople(file)
    first = people.version
    file.write_text(TEAM.replace("ann", "anna"))
    assert list(people.roster().by_name) == ["anna"]
    file.write_text("people: []")
    assert list(people.roster().by_name) == ["anna"]
    assert people.problem
    assert people.version != first


def test_a_business_may_do_without_the_file(tmp_path: Path) -> None:
    assert FilePeople(tmp_path / "people.yaml").roster().people == ()


def test_nobody_is_at_tier_three() -> None:
    with pytest.raises(ValidationError):
        person("ann", tier=3)

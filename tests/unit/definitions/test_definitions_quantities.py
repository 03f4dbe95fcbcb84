"""Times, durations, days and counts in YAML: read as they are meant, or refused at their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from handrail.definitions import Document
from handrail.domain.autonomy.topics import ExecutionBounds
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.hours import Shift, WorkingHours, clock
from handrail.matrix.table import ChainStep
from handrail.people.loader import Team
from handrail.routing.rules import RiskRule

FILE = Path("some.yaml")
SHIFT = "days: [mon]\nfrom: {0}\nto: '24:00'\n"


def parse(kind: type[BaseModel], text: str) -> Any:
    return Document.of(FILE, text.encode()).parse(kind)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("08:30", "08:30"), ("8:30", "08:30"), ("'08:30'", "08:30"), ('"0:00"', "00:00"), ("00:00", "00:00"), ("23:59", "23:59")],
)
def test_a_time_of_day_is_hours_and_minutes(written: str, meant: str) -> None:
    assert clock(parse(Shift, SHIFT.format(written)).start) == meant


@pytest.mark.parametrize(
    "written",
    [
        "8",
        "17",
        "08",
        "0830",
        "830",
        "99999",
        "-1",
        "8.5",
        "8.30",
        "true",
        "1e3",
        "'8'",
        "8:5",
        "24:01",
        "08:60",
        "8h",
        "08:30:00",
    ],
)
def test_a_bare_number_is_no_time_of_day(written: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        parse(Shift, SHIFT.format(written))
    assert str(refused.value).startswith("some.yaml:2: from: ")
    assert "write it as 08:30" in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        (ChainStep, "tier: 1\nqueue: a\nrespond_within_minutes: {}\n", "respond_within_minutes"),
        (ExecutionBounds, "\n\nsteps: {}\n", "steps"),
    ],
)
@pytest.mark.parametrize(
    "written", ["true", "0", "-5", "1.5", "60.0", "'60'", "1:30", "90m", ".inf", ".nan", "99999999999", "1e9"]
)
def test_a_count_is_a_whole_number_in_reach(kind: type[BaseModel], text: str, field: str, written: str) -> None:
    with pytest.raises(DefinitionInvalid, match=rf"^some\.yaml:3: {field}: "):
        parse(kind, text.format(written))


@pytest.mark.parametrize("written", ["0", "20261224", "2026", "86400", "true", "1.0", "24.12.2026", "2026-13-01"])
def test_a_day_is_written_with_year_month_and_day(written: str) -> None:
    """A number would be seconds since 1970, without a word."""
    with pytest.raises(DefinitionInvalid, match=r"^some\.yaml:3: closed\.0: "):
        parse(WorkingHours, f"open:\n- {{days: [mon], from: 08:00, to: 17:00}}\nclosed: [{written}]\n")


def test_days_and_hours_of_a_team_are_read() -> None:
    person = "{name: Ann, skills: [a], languages: [en], shifts: [{days: [mon], from: 08:00, to: 17:00}]}"
    team = parse(Team, f"closed: [2026-12-24]\npeople:\n- {person}\n")
    assert team.closed[0].isoformat() == "2026-12-24"
    assert team.people[0].shifts[0].minutes() == frozenset(range(480, 1020))


@pytest.mark.parametrize("written", ["true", "-1", "1,000", "1.000,50", ".inf", ".nan", "about 500"])
def test_an_amount_is_a_plain_number(written: str) -> None:
    with pytest.raises(DefinitionInvalid, match=r"^some\.yaml:4: amount_over: "):
        parse(RiskRule, f"id: large\nrisk: high\nreason: much\namount_over: {written}\n")


@pytest.mark.parametrize("written", ["yes", "on", "1", "'true'", "True!"])
def test_a_switch_is_true_or_false(written: str) -> None:
    with pytest.raises(DefinitionInvalid, match=r"people\.0\.pool"):
        parse(Team, f"people:\n- {{name: Ann, skills: [a], languages: [en], pool: {written}}}\n")

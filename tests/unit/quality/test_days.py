"""The business's days: none is lost or doubled by a clock change, and what was begun keeps its limits."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from handrail.domain.quality.days import SETTLING, StepResult, StepState, day_at, ended_days, left

BERLIN = "Europe/Berlin"
ORDER = ("sample", "score")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_a_day_has_as_many_hours_as_its_clocks_show(day: date, hours: int) -> None:
    found = day_at(day, BERLIN)
    assert found.until - found.since == timedelta(hours=hours)
    assert found.since.tzinfo is UTC


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_over_a_clock_change_join_without_gap_or_overlap(change: date) -> None:
    """Asked every quarter of an hour, as the schedule does, each day comes up once and in its order."""
    first = day_at(change - timedelta(days=2), BERLIN).since
    seen: list[date] = []
    states: list[StepState] = []
    now = first
    while now < first + timedelta(days=5, hours=12):
        for due in left(list(ended_days(first, now, BERLIN)), ORDER[:1], states):
            seen.append(due.day.day)
            assert due.day.until + SETTLING <= now < due.day.until + SETTLING + timedelta(minutes=15)
            states.append(StepState(day=due.day, step=due.step, done_at=now, result=StepResult()))
        now += timedelta(minutes=15)
    assert seen == [change + timedelta(days=n) for n in range(-2, 3)]
    for before, after in itertools.pairwise(states):
        assert before.day.until == after.day.since


def test_a_day_is_due_once_it_has_ended_there_and_settled() -> None:
    day = day_at(date(2026, 5, 4), BERLIN)
    assert day.until == datetime(2026, 5, 4, 22, tzinfo=UTC)
    just_before = day.until + SETTLING - timedelta(seconds=1)
    assert day not in list(ended_days(day.since, just_before, BERLIN))
    assert list(ended_days(day.since, day.until + SETTLING, BERLIN)) == [day]


def test_no_day_from_before_the_first_case_and_none_too_far_back() -> None:
    now = datetime(2026, 5, 10, 12, tzinfo=UTC)
    assert [day.day for day in ended_days(datetime(2026, 5, 8, 23, tzinfo=UTC), now, "UTC")] == [
        date(2026, 5, 8),
        date(2026, 5, 9),
    ]
    old = list(ended_days(datetime(2020, 1, 1, tzinfo=UTC), now, "UTC"))
    assert len(old) == 35
    assert old[-1].day == date(2026, 5, 9)


def test_what_is_done_is_not_due_and_what_failed_is() -> None:
    days = [day_at(date(2026, 5, n), "UTC") for n in (4, 5)]
    at = datetime(2026, 5, 6, tzinfo=UTC)
    states = [
        StepState(day=days[0], step="sample", done_at=at, result=StepResult()),
        StepState(day=days[0], step="score", tries=2, tried_at=at, error="RuntimeError: no"),
    ]
    assert [(due.day.day.day, due.step) for due in left(days, ORDER, states)] == [(4, "score"), (5, "sample"), (5, "score")]


@pytest.mark.parametrize(("old", "new"), [("UTC", BERLIN), (BERLIN, "UTC"), ("UTC", "America/New_York")])
@pytest.mark.parametrize("first", [4, 5])
def test_a_day_keeps_the_limits_it_was_begun_with_where_the_zone_changes(old: str, new: str, first: int) -> None:
    """The business moves east or west: the next day begins where the last one ended, also where that is not asked for."""
    begun = day_at(date(2026, 5, 4), old)
    states = [StepState(day=begun, step="sample", done_at=begun.until, result=StepResult())]
    due = left([day_at(date(2026, 5, n), new) for n in range(first, 7)], ORDER, states)
    assert [each.day for each in due if each.day.day == begun.day] == [begun] * (first == 4)
    after = {each.day.day.day: each.day for each in due}
    assert (after[5].since, after[5].until) == (begun.until, day_at(date(2026, 5, 5), new).until)
    assert after[6] == day_at(date(2026, 5, 6), new)

"""Numbers with their nouns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.cli.people.shifts import on_the_clock
from handrail.domain.counting import many


@pytest.mark.parametrize(
    ("number", "noun", "plural", "words"),
    [
        (0, "case", None, "0 cases"),
        (1, "case", None, "1 case"),
        (2, "case", None, "2 cases"),
        (1, "entry", "entries", "1 entry"),
        (0, "entry", "entries", "0 entries"),
        (1, "person", "people", "1 person"),
    ],
)
def test_a_noun_goes_with_its_number(number: int, noun: str, plural: str | None, words: str) -> None:
    assert many(number, noun, plural) == words


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (datetime(2026, 11, 28, 8, tzinfo=UTC), "Europe/Berlin", "2026-11-28 09:00 CET"),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Berlin", "2026-07-01 10:00 CEST"),
        (datetime(2026, 11, 28, 23, 30, tzinfo=UTC), "UTC", "2026-11-28 23:30 UTC"),
    ],
)
def test_hours_are_shown_on_the_clock_that_took_them(at: datetime, zone: str, words: str) -> None:
    assert on_the_clock(at, zone) == words

"""Weeks of the business: ISO weeks that begin on a Monday at its midnight."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from handrail.domain.errors import InvalidInput
from handrail.domain.outcomes import Period
from handrail.quality.outcomes.period import midnight

LAST = "last"
RIGHT = "Write a week such as 2026-W03, or 'last' for the newest that has ended."


def week_of(text: str, now: datetime, zone: str) -> tuple[str, Period]:
    """Return the week's name and its period as of now.

    Raises:
        InvalidInput: it is no week, or has not begun.
    """
    place = ZoneInfo(zone)
    if text == LAST:
        monday = now.astimezone(place).date() - timedelta(days=now.astimezone(place).weekday() + 7)
    else:
        found = re.fullmatch(r"(\d{4})-W(\d{1,2})", text)
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None  # type: ignore[assignment]
        except ValueError as error:
            raise InvalidInput(f"--week: {text[:20]!r} is not in that year. {RIGHT}") from error
        if monday is None:
            raise InvalidInput(f"--week: {text[:20]!r} is no week. {RIGHT}")
    period = of_monday(monday, now, place)
    if period.since >= now:
        raise InvalidInput(f"--week: {text[:20]!r} has not begun. {RIGHT}")
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}", period


def of_monday(monday: date, now: datetime, place: ZoneInfo) -> Period:
    """Return the seven days from that Monday."""
    return Period(since=midnight(monday, place), until=midnight(monday + timedelta(days=7), place), as_of=now)


def before(name: str) -> str:
    """Return the name of the week before."""
    year, week = name.split("-W")
    year_before, week_before, _ = (date.fromisocalendar(int(year), int(week), 1) - timedelta(days=7)).isocalendar()
    return f"{year_before}-W{week_before:02d}"

"""The period that somebody asks for: `7d`, `24h`, a day, or a moment. A day begins at midnight of the business."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handrail.domain.errors import InvalidInput
from handrail.domain.moments import moment_in
from handrail.domain.outcomes import Period

_AGO = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[hdw])")
RIGHT = "Write 7d, 24h, 4w, a day such as 2026-05-04, or a moment such as 2026-05-04T12:00:00Z."


def period_of(since: str, until: str | None, now: datetime, zone: str) -> Period:
    """Return the period between the two, up to now where no end is named.

    Raises:
        InvalidInput: one of them is no time, or the period is empty or begins in the future.
    """
    start = moment_of("--since", since, now, zone)
    end = moment_of("--until", until, now, zone) if until is not None else now
    if start.year < 1970:
        raise InvalidInput(f"--since: {since!r} is before 1970. Name a later time.")
    if start >= now:
        raise InvalidInput(f"--since: {since!r} is not in the past. Name an earlier time.")
    if end <= start:
        raise InvalidInput(f"--until: {until!r} is not after --since {since!r}. Name a later time.")
    return Period(since=start, until=end, as_of=now)


def moment_of(option: str, text: str, now: datetime, zone: str) -> datetime:
    """Return the moment in UTC: so many hours ago, or the midnight so many days ago, or of that day.

    Raises:
        InvalidInput: the text is no time.
    """
    place = ZoneInfo(zone)
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago and ago["unit"] == "h":
            return now - timedelta(hours=int(ago["number"]))
        if ago:
            days = int(ago["number"]) * (7 if ago["unit"] == "w" else 1)
            return midnight(now.astimezone(place).date() - timedelta(days=days), place)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
            return midnight(date.fromisoformat(text.strip()), place)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{option}: {text[:40]!r} is no time. {RIGHT}") from error
    return moment_in(option, text.strip(), RIGHT, zone)


def midnight(day: date, place: ZoneInfo) -> datetime:
    """Return the first moment of a day there, in UTC."""
    return datetime.combine(day, time(), tzinfo=place).astimezone(UTC)

"""Hours of work: weekly shifts in a time zone, closed days, and how much working time lies between two moments.

A shift that ends at or before its beginning ends on the next day. Moments are in UTC; a shift keeps its wall-clock hours over
a change of the clocks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer

from handrail.domain.base import Model

MINUTES_A_DAY = 24 * 60
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")
Span: TypeAlias = tuple[datetime, datetime]
"""From the first moment up to, and without, the second."""


class Weekday(StrEnum):
    """A day of the week, as in YAML."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The day's name."""
        return list(cls)[day.weekday()]


def minute_of_day(written: Any) -> int:
    """Read `08:30` as 510; `24:00` is the end of the day.

    Raises:
        ValueError: it is no time of day. A bare number is none: 8 could be hours, minutes or half a line.
    """
    found = _CLOCK.fullmatch(str(written).strip())
    minute = int(found["hour"]) * 60 + int(found["minute"]) if found and int(found["minute"]) < 60 else -1
    if not 0 <= minute <= MINUTES_A_DAY:
        raise ValueError(f"{str(written)[:20]!r} is no time of day; write it as 08:30, up to 24:00")
    return minute


def known_zone(name: str) -> str:
    """The name itself. Raises: ValueError: no such time zone is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name[:40]!r} is no time zone; write one such as Europe/Berlin or UTC") from error
    return name


def clock(minute: int) -> str:
    """510 as `08:30`."""
    return f"{minute // 60:02}:{minute % 60:02}"


Minutes = Annotated[int, Field(ge=1, le=525_600)]
"""A length of time, at most a year: longer ones do not fit into a calendar's arithmetic."""
TimeOfDay = Annotated[int, BeforeValidator(minute_of_day), PlainSerializer(clock, when_used="json")]
Zone = Annotated[str, AfterValidator(known_zone)]


class Between(Model):
    """A part of the day; over midnight where `to` is not after `from`."""

    model_config = ConfigDict(populate_by_name=True)

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    def minutes(self) -> frozenset[int]:
        """The minutes of the day in it."""
        end = self.end if self.end > self.start else self.end + MINUTES_A_DAY
        return frozenset(minute % MINUTES_A_DAY for minute in range(self.start, end))


class Shift(Between):
    """The same hours on some days of the week."""

    days: list[Weekday] = Field(min_length=1)


class WorkingHours(Model):
    """Weekly hours in a time zone, without the days on which nobody works."""

    zone: Zone = "UTC"
    open: list[Shift] = Field(min_length=1)
    closed: list[date] = Field(default_factory=list)

    def local(self, at: datetime) -> datetime:
        """The moment on the calendar's own clock."""
        return at.astimezone(ZoneInfo(self.zone))

    def is_open(self, at: datetime) -> bool:
        """Return whether the moment lies in the hours."""
        return any(
            start <= at < end for start, end in spans(self.open, self.zone, (at, at + timedelta(minutes=1)), self.closed)
        )


def spans(shifts: Iterable[Shift], zone: str, within: Span, closed: Collection[date] = ()) -> list[Span]:
    """The shifts' hours that touch `within`, merged and in order."""
    place = _zone(zone)
    first, last = (moment.astimezone(place).date() for moment in within)
    days = [first + timedelta(days=one) for one in range(-1, (last - first).days + 1)]
    found = (_hours(shift, day, place) for shift in shifts for day in days if day not in closed)
    return merged(span for span in found if span and span[0] < within[1] and span[1] > within[0])


def merged(found: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    whole: list[Span] = []
    for start, end in sorted(found):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def opening(hours: Iterable[Span], after: datetime) -> datetime | None:
    """The first moment of work at or after `after`; None where there is none. `hours` are merged."""
    return next((start for start, _ in _rest(hours, after)), None)


def after(hours: Iterable[Span], start: datetime, work: timedelta) -> datetime | None:
    """The moment at which `work` of working time has passed since `start`; None where there is not so much."""
    left = work
    for begin, end in _rest(hours, start):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def _rest(hours: Iterable[Span], moment: datetime) -> Iterator[Span]:
    return ((max(start, moment), end) for start, end in hours if end > moment)


def _hours(shift: Shift, day: date, zone: ZoneInfo) -> Span | None:
    if Weekday.of(day) not in shift.days:
        return None
    end = shift.end if shift.end > shift.start else shift.end + MINUTES_A_DAY
    return _moment(day, shift.start, zone), _moment(day, end, zone)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    whole = day + timedelta(days=minute // MINUTES_A_DAY)
    hour, rest = divmod(minute % MINUTES_A_DAY, 60)
    return datetime(whole.year, whole.month, whole.day, hour, rest, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)

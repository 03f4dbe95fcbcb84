"""Expectations of a case towards people: until when an answer, and how that is said to a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_location

from handrail.domain.team.hours import Span
from handrail.domain.team.staff import HORIZON, Expectation, Need, Roster, Window
from handrail.domain.text.locales import locale_of
from handrail.people.loader import FilePeople


class Windows(Protocol):
    """A store of on-call windows."""

    async def windows(self, within: Span) -> Sequence[Window]:
        """Read the windows that touch the time."""
        ...


class PeopleAtWork:
    """Implements `handrail.ports.Staff` over the file of people and the on-call windows."""

    def __init__(self, people: FilePeople, windows: Windows) -> None:
        self._people = people
        self._windows = windows

    async def roster(self, now: datetime) -> Roster:
        """Read everybody, with the windows from now on."""
        return self._people.roster(await self._windows.windows((now, now + HORIZON)))

    async def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        """Return the time after `minutes` of the working time of those who can take it."""
        return (await self.roster(now)).expect(need, now, minutes)

    def say(self, moment: datetime, now: datetime, language: str) -> str:
        """The moment in words, on the clock of the house; English where the language is unknown here."""
        return words(moment, now, language, self._people.roster().zone)


def words(moment: datetime, now: datetime, language: str, zone: str) -> str:
    """`15:40 (Berlin)` on the same day, else `Monday, 23 November 2026, 08:00 (Berlin)`, as the language has it."""
    place = ZoneInfo(zone)
    locale = locale_of(language)
    local, today = moment.astimezone(place), now.astimezone(place).date()
    clock = format_time(local, "HH:mm", tzinfo=place, locale=locale)
    where = "UTC" if zone == "UTC" else get_timezone_location(place, locale=locale, return_city=True)
    day = "" if local.date() == today else f"{format_date(local, 'full', locale=locale)}, "
    return f"{day}{clock} ({where})"

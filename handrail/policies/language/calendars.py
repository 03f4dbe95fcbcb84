"""Business days: working days of a country or a part of one, from the `holidays` library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handrail.business import Calendar
from handrail.domain.errors import DefinitionInvalid, InvalidInput

_FURTHEST = 3_700
"""Days that are counted at most, ten years: a longer time is a mistake in the facts."""
_FILLING = Lock()


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The days on which people work by a calendar: no weekend there, and no holiday of its categories."""

    calendar: Calendar

    def day(self, at: datetime) -> date:
        """The day that it is there at a time."""
        return at.astimezone(_zone(self.calendar.zone)).date()

    def has(self, day: date) -> bool:
        """Return whether the day is a business day."""
        days = _days(self.calendar.country, self.calendar.subdivision, self.calendar.categories)
        with _FILLING:  # it marks a year as known before it has filled it in, and another thread would see no holidays
            return bool(days.is_working_day(day))

    def between(self, start: date, end: date) -> int:
        """Count the business days after `start`, up to and with `end`; below 0 where `end` is earlier.

        Raises:
            InvalidInput: they are more than ten years apart.
        """
        if start > end:
            return -self.between(end, start)
        apart = (end - start).days
        if apart > _FURTHEST:
            raise InvalidInput(f"{start} and {end} are more than ten years apart; business days are not counted that far")
        return sum(self.has(start + timedelta(days=count)) for count in range(1, apart + 1))

    def after(self, start: date, count: int) -> date:
        """The day that is `count` of them after `start`, or before it where that is below 0.

        Raises:
            InvalidInput: it would be more than five years away.
        """
        step, day, left = timedelta(days=1 if count > 0 else -1), start, abs(count)
        if left > _FURTHEST // 3:
            raise InvalidInput(f"{count} business days are more than five years; they are not counted that far")
        while left:
            day += step
            left -= self.has(day)
        return day

    def check(self) -> None:
        """Raises: DefinitionInvalid: no such country, part of it, category or zone is known; names those that are."""
        _days(self.calendar.country, self.calendar.subdivision, self.calendar.categories)
        _zone(self.calendar.zone)


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DefinitionInvalid(f"calendar: {name!r} is no time zone. Use a name such as 'Europe/Berlin'.") from error


@lru_cache(maxsize=16)
def _days(country: str, subdivision: str | None, categories: tuple[str, ...]) -> Any:
    import holidays

    find: Callable[..., Any] = holidays.country_holidays
    try:
        found = find(country, subdiv=subdivision)
    except NotImplementedError as error:
        known = holidays.list_supported_countries()
        if country in known and subdivision:
            words = f"{subdivision!r} is no part of {country} that is known. Known: {', '.join(known[country]) or 'none'}"
        else:
            words = f"{country!r} is no country whose holidays are known. Use its ISO code in capitals, for example 'DE'"
        raise DefinitionInvalid(f"calendar: {words}.") from error
    missing = sorted(set(categories) - set(found.supported_categories))
    if missing or not categories:
        kinds = ", ".join(sorted(found.supported_categories))
        raise DefinitionInvalid(f"calendar: {missing or 'nothing'} is no category of holidays in {country}. Known: {kinds}.")
    return find(country, subdiv=subdivision, categories=categories)

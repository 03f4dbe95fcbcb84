"""Moments as people and programs write them: ISO 8601 with a zone, or on a clock that is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handrail.domain.errors import InvalidInput

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def instant(value: Any, zone: str | None = None) -> datetime | None:
    """Return the moment in '2026-11-28T09:30:00Z'; without a zone it is one on the clock of `zone`, else none."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or found.tzinfo is not None:
        return found
    return found.replace(tzinfo=ZoneInfo(zone)) if zone is not None else None


def moment_in(what: str, value: Any, right: str, zone: str | None = None) -> datetime:
    """Return the moment in UTC; `what` names the place and `right` what would be right, for the words of a refusal.

    Raises:
        InvalidInput: it is none, has no zone where none is known, or lies before 1970 or after 2199.
    """
    found = instant(value, zone)
    shown = repr(str(value.isoformat() if isinstance(value, datetime) else value)[:60])
    if found is None:
        raise InvalidInput(f"{what}: {shown} is no time{'' if zone else ' with its zone'}. {right}")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        found = LATEST
    if not EARLIEST <= found < LATEST:
        raise InvalidInput(f"{what}: {shown} is not between 1970 and 2199. {right}")
    return found

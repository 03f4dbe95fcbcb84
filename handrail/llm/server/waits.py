"""The time for which a server asks to be left alone, read from the headers of its refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LENGTH = re.compile(
    r"(?:(\d{1,6}(?:\.\d{1,9})?)h)?(?:(\d{1,6}(?:\.\d{1,9})?)m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?"
)
UNITS = (3_600.0, 60.0, 1.0, 0.001)
BEHIND_A_PROXY = "llm_provider-"
"""LiteLLM's proxy puts it before the headers of the server behind it."""


def asked_wait(headers: Mapping[str, str], status: int, now: datetime | None = None) -> float | None:
    """Seconds, or None where nothing certain is asked for.

    `Retry-After` is a number of seconds or an HTTP date, which is held against the answer's own `Date` where it has one, as
    clocks differ. The limits of a 429 count only where one of them is said to be used up.
    """
    found = [
        _milliseconds(headers.get("retry-after-ms", "")),
        *(_seconds_or_date(headers.get(f"{before}retry-after", ""), headers, now) for before in ("", BEHIND_A_PROXY)),
    ]
    asked = next((one for one in found if one is not None), None)
    if asked is None and status == 429:
        asked = max((one for kind in ("requests", "tokens") if (one := _used_up(headers, kind)) is not None), default=None)
    return asked or None


def _milliseconds(text: str) -> float | None:
    number = _number(text)
    return None if number is None else number / 1_000


def _seconds_or_date(text: str, headers: Mapping[str, str], now: datetime | None) -> float | None:
    number = _number(text)
    if number is not None:
        return number
    moment = _date(text)
    if moment is None:
        return _length(text)
    return max((moment - (now or _date(headers.get("date", "")) or datetime.now(UTC))).total_seconds(), 0.0)


def _used_up(headers: Mapping[str, str], kind: str) -> float | None:
    """Return the seconds until a used-up limit is new again. A bare number may be a length or a moment: it is passed over."""
    if _number(headers.get(f"x-ratelimit-remaining-{kind}", "")) != 0:
        return None
    return _length(headers.get(f"x-ratelimit-reset-{kind}", ""))


def _number(text: str) -> float | None:
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _length(text: str) -> float | None:
    """`6m0s`, `1h2m`, `8.64s` or `20ms`."""
    found = LENGTH.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    return sum(float(part) * unit for part, unit in zip(found.groups(), UNITS, strict=True) if part)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

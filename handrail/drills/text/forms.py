"""Values in the forms that locales write them in, each right and wrong, for the drill of replies."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent

LOCALES = (
    *("en_US", "en_GB", "en_CA", "en_AU", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA", "fr_CH"),
    *("es_ES", "es_MX", "it_IT", "nl_NL", "nl_BE", "sv_SE", "pl_PL", "pt_PT", "pt_BR"),
)
LENGTHS = ("short", "medium", "long", "full")
SKELETONS = ("MMMd", "yMMMd", "MMMMd", "yMMMMd", "MMMEd", "yMMMEd", "MMMMEEEEd", "Md", "yMd")
DAYS = tuple(
    date(2026, month, day)
    for month, day in (
        (1, 12),
        (2, 7),
        (3, 2),
        (4, 29),
        (5, 31),
        (6, 30),
        (7, 4),
        (8, 9),
        (9, 17),
        (10, 1),
        (11, 18),
        (12, 24),
    )
)
SUMS = (
    *((Decimal("133.50"), "USD"), (Decimal("2050"), "EUR"), (Decimal("7.05"), "GBP"), (Decimal("19999.99"), "CHF")),
    *((Decimal("95"), "PLN"), (Decimal("1234567.80"), "SEK"), (Decimal("480.25"), "CAD"), (Decimal("64"), "BRL")),
    *((Decimal("310.40"), "MXN"), (Decimal("1200"), "USD"), (Decimal("18.99"), "EUR"), (Decimal("5"), "GBP")),
)
STYLES = ("standard", "accounting", "name", "code", "whole")


def language_of(locale: str) -> str:
    """The language of a locale such as de_AT."""
    return locale.partition("_")[0]


@functools.lru_cache(maxsize=100_000)
def day_as(day: date, form: str, locale: str) -> str:
    """A day in one of `LENGTHS` or `SKELETONS`."""
    if form in LENGTHS:
        return format_date(day, form, locale=locale)
    return format_skeleton(form, datetime.combine(day, time()), locale=locale)


@functools.lru_cache(maxsize=100_000)
def sum_as(amount: Decimal, currency: str, style: str, locale: str) -> str:
    """A sum in one of `STYLES`; `whole` leaves the cents away where there are none."""
    match style:
        case "code":
            return f"{format_decimal(amount, '#,##0.00', locale=locale)} {currency}"
        case "whole" if amount == amount.to_integral_value():
            pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace("0.00", "0")
            return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
        case "whole":
            return format_currency(amount, currency, locale=locale)
        case "name":
            return format_currency(amount, currency, locale=locale, format_type="name")
        case "accounting":
            return format_currency(amount, currency, locale=locale, format_type="accounting")
    return format_currency(amount, currency, locale=locale)


def wrong_days(day: date, form: str) -> Iterator[date]:
    """One day off, the same day of another month and, where the form tells it, of another year."""
    yield day + timedelta(days=1)
    yield day - timedelta(days=1)
    yield day.replace(day=min(day.day, 28), month=day.month % 12 + 1)
    if "y" in form or form in LENGTHS:
        yield day.replace(year=day.year + 1)


def wrong_sums(amount: Decimal) -> Iterator[Decimal]:
    """Another amount: ten times, one more, a hundredth more, a thousand times."""
    yield from (amount * 10, amount + 1, amount + Decimal("0.01"), amount * 1000)


def wrong_weekday(day: date, form: str, locale: str) -> str | None:
    """The right day beside the next day's name, for forms that name one."""
    names = Locale.parse(locale).days
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            right = names[context][width][day.weekday()]
            shown = day_as(day, form, locale)
            if re.search(rf"(?<!\w){re.escape(right)}(?!\w)", shown):
                return re.sub(rf"(?<!\w){re.escape(right)}(?!\w)", names[context][width][(day.weekday() + 1) % 7], shown)
    return None


def clock_as(moment: time, locale: str) -> str:
    """A clock time, short."""
    return format_time(moment, "short", locale=locale)


def share_as(percent: int, locale: str) -> str:
    """A percentage."""
    return format_percent(Decimal(percent) / 100, locale=locale)


def weekday_as(day: date, locale: str) -> str:
    """The name of the day of the week."""
    return format_date(day, "EEEE", locale=locale)


def reads_right(shown: str, day: date) -> bool:
    """Return whether some locale writes the right day so: then nobody can say that it is wrong."""
    return shown in _right_days(day)


@functools.lru_cache(maxsize=100)
def _right_days(day: date) -> frozenset[str]:
    return frozenset(day_as(day, form, locale) for locale in LOCALES for form in (*LENGTHS, *SKELETONS))


@functools.lru_cache(maxsize=100)
def right_sums(amount: Decimal, currency: str) -> frozenset[str]:
    """Every way in which some locale writes the right sum."""
    return frozenset(sum_as(amount, currency, style, locale) for locale in LOCALES for style in STYLES)

"""Money and dates as a language's readers write them: what is written here, `mentions` reads as the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency

from handrail.domain.text.cldr import decimals

FALLBACK = "en_US"


def write_money(amount: Decimal, currency: str, locale: str) -> str:
    """Write an amount with its ISO code or symbol as `locale` does: '1.234,50 €' in 'de', 'CA$600.00' in 'en'.

    Raises:
        ValueError: the amount has more decimals than the currency.
    """
    places = decimals(currency)
    rounded = round(amount, places)
    if rounded != amount:
        raise ValueError(f"{amount} {currency} has more than {places} decimals.")
    return format_currency(rounded, currency, locale=_locale(locale))


def write_date(day: date, locale: str) -> str:
    """Write a day in full without its weekday: '8. November 2026' in 'de'."""
    return format_date(day, "long", locale=_locale(locale))


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)

"""Questions to a customer, made of a sentence in each language and of values that are written as each language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, get_currency_precision

from handrail.domain.money import Money
from handrail.domain.text.locales import locale_of

AskedValue = Money | date | Decimal | int | str
"""A sum, a day, a moment (a `datetime` with its zone), a number, or words that stand as they are."""


def asking(sentences: Mapping[str, str], **values: AskedValue) -> dict[str, str]:
    """Return the question by language: each `{{name}}` of its sentence becomes the value in that language's form.

    Raises:
        ValueError: a sum without exactly one currency, a moment without a zone, a value that is none of `AskedValue`.
    """
    return {language: _filled(sentence, values, language) for language, sentence in sentences.items()}


def written(value: AskedValue, language: str) -> str:
    """Return the value as the language writes it: `1.234,50 USD`, `3. März 2026`; English where the language is unknown.

    Raises:
        ValueError: see `asking`.
    """
    locale = locale_of(language)
    if isinstance(value, str):
        return value
    if isinstance(value, Money):
        return _sum(value, locale)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its zone, {value} has none; give an aware datetime")
        day, clock = format_date(value, "long", locale=locale), format_time(value, "HH:mm", tzinfo=value.tzinfo, locale=locale)
        return f"{day}, {clock} ({value.tzname()})"
    if isinstance(value, date):
        return format_date(value, "long", locale=locale)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return format_decimal(value, locale=locale, decimal_quantization=False)
    raise ValueError(
        f"{value!r} is a {type(value).__name__}; give Money, a date, an aware datetime, a Decimal, an int or text"
    )


def _filled(sentence: str, values: Mapping[str, AskedValue], language: str) -> str:
    """Fill in piece by piece: what a value holds is never taken for a name of another one."""
    pieces = sentence.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}}")
        known = closed and name in values
        filled.append(written(values[name], language) + rest if known else "{{" + piece)
    return "".join(filled)


def _sum(money: Money, locale: Locale) -> str:
    """Write the amount with the code behind it: of all signs the code alone means the same everywhere."""
    if len(money.currencies) != 1:
        raise ValueError(f"a sum needs exactly one currency, {money.amount} has {len(money.currencies)}; give Money.of(…)")
    (currency,) = money.currencies
    places = get_currency_precision(currency)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return f"{format_decimal(money.amount, pattern, locale=locale)} {currency}"

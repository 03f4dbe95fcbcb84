"""Dates, weekdays and times in nine languages, and everything that Babel writes."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.domain.text.figures.cldr import LOCALES, currencies_in_use, decimals
from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.figures.vocabulary import LANGUAGES, listed

WRITTEN = currencies_in_use() - {code for code in listed("ordinary", "codes_that_are_words") if decimals(code) == 0}
"""Without decimals behind it a code such as ALL is a word, and what follows it a number."""
YEAR = [date(2026, 1, 3) + timedelta(days=days) for days in range(0, 365, 17)]


def single(text: str, language: str | None = None) -> Mention:
    (found,) = mentions(text, language)
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_what_babel_writes_is_that_day_and_no_other(locale: str) -> None:
    for day in YEAR:
        written = [format_date(day, form, locale=locale) for form in ("short", "medium", "long", "full")]
        written += [format_skeleton(form, day, locale=locale) for form in ("MMMd", "MMMMd", "MMMEd", "yMMMEd", "MMMMEEEEd")]
        # In Portuguese of Portugal the short form '2/10' may be a fraction, too.
        for text in (one for one in written if not re.fullmatch(r"\d{1,2}/\d{1,2}", one)):
            for sentence in (text, f"({text})", f"A {text}."):
                found = single(sentence, locale[:2])
                assert found.kind == "date", (sentence, found)
                assert {(day.year, day.month, day.day), (None, day.month, day.day)} & found.days, (sentence, found)
                other = day + timedelta(days=1)
                assert not {(other.year, other.month, other.day), (None, other.month, other.day)} & found.days, sentence
                assert found.weekday in (None, day.weekday()), sentence


@pytest.mark.parametrize("locale", LOCALES)
def test_what_babel_writes_is_that_time(locale: str) -> None:
    for moment in (time(0, 5), time(9, 30), time(12, 0), time(15, 5), time(23, 59)):
        for form in ("short", "medium"):
            assert single(format_time(moment, form, locale=locale), locale[:2]).times == {(moment.hour, moment.minute)}


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("en", "on 18 Nov 2026", {(2026, 11, 18)}),
        ("en", "by November 8th", {(None, 11, 8)}),
        ("en", "the 8th of November, 2026", {(2026, 11, 8)}),
        ("en", "11/08/2026", {(2026, 11, 8), (2026, 8, 11)}),
        ("de", "8. Jänner 2026", {(2026, 1, 8)}),
        ("de", "am 8.11.", {(None, 11, 8)}),
        ("de", "08.11.26", {(2026, 11, 8)}),
        ("fr", "le 1er mars 2026", {(2026, 3, 1)}),
        ("fr", "8 févr. 2026", {(2026, 2, 8)}),
        ("fr", "08/11/2026", {(2026, 11, 8)}),
        ("es", "8 de noviembre de 2026", {(2026, 11, 8)}),
        ("it", "8 mag 2026", {(2026, 5, 8)}),
        ("nl", "8 mrt 2026", {(2026, 3, 8)}),
        ("sv", "den 8 november 2026", {(2026, 11, 8)}),
        ("pl", "8 listopada 2026 r.", {(2026, 11, 8)}),
        ("pt", "8 de nov. de 2026", {(2026, 11, 8)}),
        (None, "2026-11-02T10:00:00Z", {(2026, 11, 2)}),
    ],
)
def test_dates_as_people_write_them(language: str | None, text: str, days: set[tuple[int | None, int, int]]) -> None:
    assert single(text, language).days == days


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "on the 8th"),
        ("de", "am 8."),
        ("fr", "le 8"),
        ("es", "el 8"),
        ("it", "il 8"),
        ("sv", "den 8"),
        ("pt", "no dia 8"),
    ],
)
def test_a_day_alone_is_that_day_of_any_month(language: str, text: str) -> None:
    found = single(f"A {text}, ok", language)
    assert found.kind == "date"
    assert found.days == {(None, month, 8) for month in range(1, 13)}


def test_a_month_alone_is_any_of_its_days_and_a_range_has_two_ends() -> None:
    assert single("November 2026", "en").days == {(2026, 11, day) for day in range(1, 31)}
    for language, text in (("de", "3.–5. Mai"), ("en", "May 3–5"), ("en", "3 to 5 May"), ("fr", "du 3 au 5 mai")):
        assert [one.days for one in mentions(text, language)] == [{(None, 5, 3)}, {(None, 5, 5)}], text


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "tomorrow", "relative"),
        ("de", "morgen", "relative"),
        ("fr", "demain", "relative"),
        ("pl", "jutro", "relative"),
        ("en", "on Friday", "weekday"),
        ("de", "am Montag", "weekday"),
        ("pl", "w środę", "weekday"),
        ("pt", "na sexta-feira", "weekday"),
    ],
)
def test_days_by_name(language: str, text: str, kind: str) -> None:
    assert single(text, language).kind == kind


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You may march"),
        ("de", "Guten Morgen"),
        ("nl", "goede morgen"),
        ("es", "por la mañana"),
        ("fr", "il est parti"),
        ("en", "a set"),
    ],
)
def test_what_says_no_day(language: str, text: str) -> None:
    assert mentions(text, language) == []


@settings(deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.sampled_from(sorted(WRITTEN)),
    st.integers(0, 10**9),
    st.dates(date(1900, 1, 1), date(2199, 1, 1)),
)
def test_what_is_written_is_read(language: str, code: str, units: int, day: date) -> None:
    amount = Decimal(units).scaleb(-decimals(code))
    money = single(format_currency(amount, code, locale=language), language)
    assert (money.kind, code in money.currencies) == ("amount", True)
    assert amount in money.readings
    assert single(format_date(day, "long", locale=language), language).days == {(day.year, day.month, day.day)}


@pytest.mark.parametrize("language", [None, *LANGUAGES])
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Bitte erstatten Sie 5 USD", ["amount"]),
        ("Können Sie 3 Artikel senden", ["number"]),
        ("In May 5 USD were charged", ["amount"]),
        ("Set 5 aside", ["number"]),
        ("Ago 5", ["number"]),
        ("We met on May 5", ["date"]),
        ("Nov 18, 2026", ["date"]),
    ],
)
def test_a_day_behind_its_month_is_english_and_money_is_no_day(text: str, kinds: list[str], language: str | None) -> None:
    """Polish 'sie' and Spanish 'ago' are months, too, but these languages write the day first."""
    assert [one.kind for one in mentions(text, language)] == kinds

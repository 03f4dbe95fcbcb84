"""Figures held against a source: whether it states the same amount, number, day or time."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from handrail.domain.text.accounting.known import UNKNOWN, Known
from handrail.domain.text.accounting.replied import RepliedText, value_of
from handrail.domain.text.figures.mentions import Day, Mention
from handrail.domain.text.figures.spans import span_after
from handrail.domain.text.plain import compact

A_MONTH = timedelta(days=31)
AROUND_NOW = timedelta(days=7)
"""A weekday without a date is one of these days before or after today."""
_MONTHS = 12
_LONG = 4
"""Digits of a number that may be a reference or a year; fewer are a count."""
_ONE_DOLLAR = frozenset(("de", "it", "nl", "sv", "pl"))


class SourcedFigures:
    """A reply's figures beside what a source knows; the business's terms say which weekdays it is open."""

    def __init__(self, reply: RepliedText, terms: Known) -> None:
        self._reply = reply
        self._terms = terms

    def states(self, known: Known, one: Mention) -> bool:
        """Return whether the source states the figure; text that was not read so far is looked through for its digits."""
        if self.read(known, one):
            return True
        needle = _needle(one)
        return bool(known.rest and needle and known.look(needle)) and self.read(known, one)

    def read(self, known: Known, one: Mention) -> bool:
        """Return whether what was read of the source states the figure."""
        match one.kind:
            case "amount":
                return self._amount(known, one)
            case "percent":
                return value_of(one) in known.percents
            case "number":
                return self._number(known, one)
            case "size":
                return value_of(one) in known.numbers or self._verbatim(known, one)
            case "date":
                return one.days in known.stretches or any(self._day(known, day, one) for day in one.days)
            case "weekday":
                return self._weekday(known, one)
            case "relative":
                return self._relative(known, one)
            case "time":
                return bool(one.times & known.times)
            case "email":
                return one.shown.casefold() in known.emails
            case "phone" | "card":
                runs = re.findall(r"\d+", one.shown)
                together = compact(one.shown)
                return together in known.digits or (one.kind == "phone" and all(run in known.digits for run in runs))
            case "identifier":
                return self._verbatim(known, one) or _ends_one(compact(one.shown), known)
            case _:
                return self._verbatim(known, one)

    def _amount(self, known: Known, one: Mention) -> bool:
        value = value_of(one)
        if value is None:
            return False
        if not one.currencies:
            return value in known.numbers
        own = known.amounts.get(value)
        if own is None:
            return False
        named, meant = known.currencies_of(value), self._currencies(one)
        return bool(named & meant) or (not named and UNKNOWN in own)

    def _currencies(self, one: Mention) -> frozenset[str]:
        """Return the currencies that the spelling may mean in this language: a bare '$' is the US dollar in some."""
        bare = "$" in one.shown and not any(letter.isalpha() for letter in one.shown)
        return one.currencies & {"USD"} if bare and self._reply.language in _ONE_DOLLAR else one.currencies

    def _number(self, known: Known, one: Mention) -> bool:
        value = value_of(one)
        unit = span_after(self._reply.text, one.end)
        if value is None:
            return False
        if "/" in one.shown:
            return all(each in known.numbers for each in one.readings)
        if unit:
            due = (
                self._reply.written_on + timedelta(days=int(value))
                if self._reply.written_on and unit == "day" and value <= 366
                else None
            )
            return (value, unit) in known.spans or (due is not None and (due.year, due.month, due.day) in known.days)
        if value in known.numbers or value == self._reply.identifiers > 1 or self._hour(known, one, value):
            return True
        digits = compact(one.shown)
        return len(digits) >= _LONG and (digits in known.digits or any(day[0] == value for day in known.days))

    def _day(self, known: Known, day: Day, one: Mention) -> bool:
        """Return whether the day is known, on the weekday that stands with it; 'on the 8th' is a day near today."""
        if not known.knows_day(day):
            return False
        dated = known.dated(day)
        if one.weekday is not None and not any(made.weekday() == one.weekday for made in dated):
            return False
        return len({other[1] for other in one.days}) < _MONTHS or any(self._reply.near(made, A_MONTH) for made in dated)

    def _weekday(self, known: Known, one: Mention) -> bool:
        days = (made for day in known.days for made in known.dated(day) if self._reply.near(made, AROUND_NOW))
        return one.weekday in known.weekdays or any(day.weekday() == one.weekday for day in days) or self._opening(one)

    def _hour(self, known: Known, one: Mention, value: Decimal) -> bool:
        """A bare hour beside weekdays or clock times: 'Monday to Friday from 9 to 17'."""
        if value != value.to_integral_value() or (int(value), 0) not in known.times:
            return False
        sentence = self._reply.sentence(one)
        return sentence is not None and self._reply.about_hours(sentence) > 0

    def _opening(self, one: Mention) -> bool:
        """A weekday of the business's terms, in a sentence about hours: with a clock time or another weekday."""
        sentence = self._reply.sentence(one)
        if sentence is None or one.weekday not in self._terms.weekdays:
            return False
        return self._reply.about_hours(sentence) > 1

    def _relative(self, known: Known, one: Mention) -> bool:
        if one.relative in known.relatives or one.relative is None or self._reply.written_on is None:
            return one.relative in known.relatives
        day = self._reply.written_on + timedelta(days=one.relative)
        return known.knows_day((day.year, day.month, day.day))

    def _verbatim(self, known: Known, one: Mention) -> bool:
        wanted = compact(one.shown)
        return wanted in known.words or wanted in known.digits

    def paired(self, known: Known, one: Mention) -> bool:
        """Return whether the figure is the day or the month of a short date, such as 30/6, that is known."""
        return any(known.knows_day(day) for day in self._reply.pairs.get(one.start, ()))


def _needle(one: Mention) -> str:
    """Some digits that any spelling of the same value shares."""
    if one.kind == "date":
        return str(next((day[2] for day in one.days), ""))
    runs = re.findall(r"\d+", one.shown)
    return max(runs, key=len) if runs else ""


def _ends_one(wanted: str, known: Known) -> bool:
    """The last four digits of a known number."""
    return len(wanted) == 4 and wanted.isdigit() and any(len(run) > 4 and run.endswith(wanted) for run in known.digits)

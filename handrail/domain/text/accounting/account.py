"""Accounts for every figure of a reply: each needs a fact, an effect, or somebody's words that may be repeated."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.accounting.known import UNKNOWN, Known, compacted
from handrail.domain.text.accounting.tied import Ties
from handrail.domain.text.figures.mentions import Day, Mention, mentions
from handrail.domain.text.figures.spans import single_spans, span_after
from handrail.domain.text.figures.spelled import ambiguous_counts
from handrail.domain.text.figures.spoken_times import SpokenTime, spoken_times
from handrail.domain.text.sentences import SentenceSpan, sentence_at, sentences
from handrail.domain.text.words import LANGUAGES, any_of, spoken, words

A_MONTH = timedelta(days=31)
_MONTHS = 12
_LONG = 4
"""Digits of a number that may be a reference or a year; fewer are a count."""
AROUND_NOW = timedelta(days=7)
"""A weekday without a date is one of these days before or after today."""

_ONE_DOLLAR = frozenset(("de", "it", "nl", "sv", "pl"))
_MARKER = re.compile(r"(?:^|\n)[ \t>*_#-]*(\d{1,2})[.)](?=\s)")
_PAIR = re.compile(r"(?<![\w.,/:-])(\d{1,2})([./-])(\d{1,2})(?!\.?[\w/:%-])")
_NAMES = {
    "amount": "The amount",
    "percent": "The percentage",
    "number": "The number",
    "size": "The number",
    "date": "The date",
    "weekday": "The day",
    "relative": "The day",
    "time": "The time",
    "identifier": "The number",
    "email": "The e-mail address",
    "phone": "The phone number",
    "card": "The card number",
    "unread": "The figure",
}
_RULES = {"size": "number", "weekday": "date", "relative": "date"}
_CLAIMS = frozenset(("amount", "percent", "number", "size", "date", "weekday", "relative", "time", "unread"))
"""Kinds that a customer's words cover only where the sentence says that they are the customer's."""


class Finding(NamedTuple):
    """A rule that is broken, and what the model should do about it."""

    rule: str
    message: str


def unaccounted(
    text: str, evidence: Evidence, *, now: datetime | None, language: str | None, allowed: Collection[str] = ()
) -> Iterator[Finding]:
    """Every figure of `text` (cleaned, without links) that nothing covers. `allowed` are e-mail addresses of the business."""
    yield from Account(text, evidence, now.date() if now else None, language, {one.casefold() for one in allowed}).findings()


def without_figures(text: str, language: str | None) -> str:
    """The text with a '0' for every character of a figure: words of dates and currencies are no names."""
    pieces, place = [], 0
    for one in mentions(text, language):
        pieces += [text[place : max(place, one.start)], "0" * (one.end - max(place, one.start))]
        place = max(place, one.end)
    return "".join([*pieces, text[place:]])


class Account:
    """One reply's figures, held against the evidence. What cannot be read is not covered."""

    def __init__(self, text: str, evidence: Evidence, today: date | None, language: str | None, allowed: set[str]) -> None:
        self._text = text
        self._evidence = evidence
        self._today = today
        self._language = language
        self._allowed = allowed
        self._mentions = mentions(text, language)
        self._sentences = sentences(text)
        self._markers = _list_markers(text)
        self._hours: dict[int, int] = {}
        self._pairs = _day_pairs(text, language)
        self._ties = Ties(evidence)
        self._identifiers = len({compacted(one.shown) for one in self._mentions if one.kind == "identifier"})

    @property
    def found(self) -> list[Mention]:
        """All that the reply states in figures."""
        return self._mentions

    def findings(self) -> Iterator[Finding]:
        """Every figure that nothing covers, then every stretch of time."""
        spoken_here = list(
            spoken_times(self._text, self._language, _months_of(self._language) if self._language in LANGUAGES else {})
        )
        known = [one for one in spoken_here if self._spoken(one)]
        told = {place for one in known for place in range(one.start, one.end)}
        for one in self._mentions:
            if one.start in told and one.kind in ("number", "size"):
                continue
            marker, allowed = one.start in self._markers, one.kind == "email" and one.shown.casefold() in self._allowed
            if not one.row and (marker or allowed or self._covered(one)):
                continue
            yield self._finding(one)
        for said in (one for one in spoken_here if one not in known):
            rule = "time" if said.times else "date"
            yield Finding(rule, f"{said.shown!r} is in none of the facts. State what a tool returned, or leave it out.")
        yield from self._counted()
        yield from self._another()
        yield from self._periods()
        yield from self._months()
        yield from self._worded()

    def _covered(self, one: Mention) -> bool:
        ours, theirs = self._evidence.ours, self._evidence.customer
        if one.kind == "card":
            # A card number that a customer typed must not be repeated to whoever reads along.
            return self._states(self._evidence.record, one)
        if self._states(ours, one) or self._ordinary(one) or self._paired(ours, one):
            return True
        if one.kind in _CLAIMS and not self._attributed(one):
            return False
        return self._states(theirs, one)

    def _states(self, known: Known, one: Mention) -> bool:
        """Return whether the source states the figure; text that was not read so far is looked through for its digits."""
        if self._known(known, one):
            return True
        needle = _needle(one)
        return bool(known.rest and needle and known.look(needle)) and self._known(known, one)

    def _known(self, known: Known, one: Mention) -> bool:
        match one.kind:
            case "amount":
                return self._amount(known, one)
            case "percent":
                return _value(one) in known.percents
            case "number":
                return self._number(known, one)
            case "size":
                return _value(one) in known.numbers or self._verbatim(known, one)
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
                together = compacted(one.shown)
                return together in known.digits or (one.kind == "phone" and all(run in known.digits for run in runs))
            case "identifier":
                return self._verbatim(known, one) or _ends_one(compacted(one.shown), known)
            case _:
                return self._verbatim(known, one)

    def _amount(self, known: Known, one: Mention) -> bool:
        value = _value(one)
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
        return one.currencies & {"USD"} if bare and self._language in _ONE_DOLLAR else one.currencies

    def _number(self, known: Known, one: Mention) -> bool:
        value = _value(one)
        unit = span_after(self._text, one.end)
        if value is None:
            return False
        if "/" in one.shown:
            return all(each in known.numbers for each in one.readings)
        if unit:
            due = self._today + timedelta(days=int(value)) if self._today and unit == "day" and value <= 366 else None
            return (value, unit) in known.spans or (due is not None and (due.year, due.month, due.day) in known.days)
        if value in known.numbers or value == self._identifiers > 1 or self._hour(known, one, value):
            return True
        digits = compacted(one.shown)
        return len(digits) >= _LONG and (digits in known.digits or any(day[0] == value for day in known.days))

    def _day(self, known: Known, day: Day, one: Mention) -> bool:
        """Return whether the day is known, on the weekday that stands with it; 'on the 8th' is a day near today."""
        if not known.knows_day(day):
            return False
        dated = known.dated(day)
        if one.weekday is not None and not any(made.weekday() == one.weekday for made in dated):
            return False
        return len({other[1] for other in one.days}) < _MONTHS or any(self._near(made, A_MONTH) for made in dated)

    def _weekday(self, known: Known, one: Mention) -> bool:
        days = (made for day in known.days for made in known.dated(day) if self._near(made, AROUND_NOW))
        return one.weekday in known.weekdays or any(day.weekday() == one.weekday for day in days) or self._opening(one)

    def _hour(self, known: Known, one: Mention, value: Decimal) -> bool:
        """A bare hour beside weekdays or clock times: 'Monday to Friday from 9 to 17'."""
        if value != value.to_integral_value() or (int(value), 0) not in known.times:
            return False
        sentence = self._sentence(one)
        return sentence is not None and self._about_hours(sentence) > 0

    def _about_hours(self, sentence: SentenceSpan) -> int:
        """Count the weekdays and clock times in the sentence."""
        if sentence.start not in self._hours:
            near = (one for one in self._mentions if sentence.start <= one.start < sentence.end)
            self._hours[sentence.start] = sum(one.kind in ("weekday", "time") for one in near)
        return self._hours[sentence.start]

    def _opening(self, one: Mention) -> bool:
        """A weekday of the business's terms, in a sentence about hours: with a clock time or another weekday."""
        sentence = self._sentence(one)
        if sentence is None or one.weekday not in self._evidence.terms.weekdays:
            return False
        return self._about_hours(sentence) > 1

    def _relative(self, known: Known, one: Mention) -> bool:
        if one.relative in known.relatives or one.relative is None or self._today is None:
            return one.relative in known.relatives
        day = self._today + timedelta(days=one.relative)
        return known.knows_day((day.year, day.month, day.day))

    def _near(self, day: date, length: timedelta) -> bool:
        return self._today is None or abs(day - self._today) <= length

    def _verbatim(self, known: Known, one: Mention) -> bool:
        wanted = compacted(one.shown)
        return wanted in known.words or wanted in known.digits

    def _paired(self, known: Known, one: Mention) -> bool:
        """Return whether the figure is the day or the month of a short date, such as 30/6, that is known."""
        return any(known.knows_day(day) for day in self._pairs.get(one.start, ()))

    def _ordinary(self, one: Mention) -> bool:
        """A wish for a day, today's courtesy, one as an article, this year."""
        sentence = self._sentence(one)
        before = self._text[sentence.start if sentence else 0 : one.start].lower()
        if one.kind == "weekday":
            return bool(_wished(self._language).search(before))
        if one.relative is not None and sentence:
            return self._courteous(sentence, one.relative == 0)
        if one.kind == "number" and not any(letter.isdigit() for letter in one.shown):
            return _value(one) == 1 and not span_after(self._text, one.end)
        return bool(one.kind == "number" and self._today and one.shown == str(self._today.year))

    def _attributed(self, one: Mention) -> bool:
        """Return whether the sentence says that its figures are the customer's, and nothing of ours."""
        sentence = self._sentence(one)
        return sentence is not None and _of_customer(sentence.text.lower(), self._language)

    def _sentence(self, one: Mention) -> SentenceSpan | None:
        return sentence_at(self._sentences, one.start)

    def _periods(self) -> Iterator[Finding]:
        """Next week, last month: a day that is known must lie in it."""
        lower, ours = self._text.lower(), self._evidence.ours
        for match in _period_pattern().finditer(lower):
            unit, which = (match.lastgroup or "week_this").split("_")
            sentence = sentence_at(self._sentences, match.start())
            if sentence and self._courteous(sentence, which == "this"):
                continue
            if any(match[0] in text.lower() for text in self._evidence.quotable):
                continue
            days = (made for day in ours.days for made in ours.dated(day))
            if not (self._today and any(_within(day, unit, which, self._today) for day in days)):
                yield Finding("date", f"No fact has a date in {match[0]!r}. State a date that a tool returned, or none.")

    def _months(self) -> Iterator[Finding]:
        """'In November': a day that is known must lie in it."""
        lower, ours = self._text.lower(), self._evidence.ours
        taken = {place for one in self._mentions for place in range(one.start, one.end)}
        for match in _month_pattern(self._language).finditer(lower) if self._language in LANGUAGES else ():
            place = match.start("month")
            month = _months_of(self._language or "")[match["month"]]
            if place in taken or any(day[1] == month for day in ours.days):
                continue
            sentence = sentence_at(self._sentences, place)
            if (sentence and self._courteous(sentence, False)) or any(
                match[0] in text.lower() for text in self._evidence.quotable
            ):
                continue
            yield Finding("date", f"No fact has a date in {match['month']!r}. State a date that a tool returned, or none.")

    def _worded(self) -> Iterator[Finding]:
        """'Within a week', 'a dozen', 'double': figures without a digit or a number word."""
        lower, spans = self._text.lower(), self._evidence.ours.spans
        for words_of_it, unit in single_spans(self._text):
            if (Decimal(1), unit) not in spans:
                told = f"{words_of_it!r} is in none of the facts. State a time that a tool returned, or none."
                yield Finding("number", told)
        for match in spoken("replies", "figures", self._language).finditer(lower):
            if not any(match[0] in text.lower() for text in self._evidence.quotable):
                yield Finding("number", f"{match[0]!r} is in none of the facts. State what a tool returned, or leave it out.")

    def _spoken(self, said: SpokenTime) -> bool:
        """Return whether a time or a day in words is known, is somebody's own words, or stands in a question."""
        ours = self._evidence.ours
        if said.times & ours.times or any(ours.knows_day(day) for day in said.days):
            return True
        sentence = sentence_at(self._sentences, said.start)
        theirs = sentence is not None and _of_customer(sentence.text.lower(), self._language)
        return theirs or any(said.shown in text.lower() for text in self._evidence.quotable)

    def _counted(self) -> Iterator[Finding]:
        """Number words that are other words too, 'sept commandes': they count where what they count follows."""
        ours = self._evidence.ours
        for match, value in ambiguous_counts(self._text.lower(), self._language):
            unit = span_after(self._text, match.end("number"))
            known = (value, unit) in ours.spans if unit else value in ours.numbers or value == self._identifiers
            if not known:
                yield Finding("number", f"{match[0]!r} is in none of the facts. State what a tool returned, or leave it out.")

    def _another(self) -> Iterator[Finding]:
        """A sum beside an order that the facts tie to other orders only: 'O-2, which came to 64 USD', where O-1 did."""
        for part in self._parts():
            named = [compacted(one.shown) for one in part if one.kind == "identifier"]
            for one in part if named else ():
                value = _value(one)
                if one.kind != "amount" or value is None or self._attributed(one) or not self._ties.strange(value, named):
                    continue
                yield Finding("amount", f"{one.shown} belongs to another than is named beside it. State the sum of that one.")

    def _parts(self) -> Iterator[list[Mention]]:
        """The figures of each sentence, or of what a semicolon or a line parts in it."""
        part: list[Mention] = []
        for one in self._mentions:
            sentence = self._sentence(one)
            start = sentence.start if sentence else one.start
            if part and (part[-1].start < start or re.search(r"[;\n]", self._text[part[-1].end : one.start])):
                yield part
                part = []
            part.append(one)
        if part:
            yield part

    def _courteous(self, sentence: SentenceSpan, now: bool) -> bool:
        """A question, or a word of now in a sentence that greets, thanks or offers help."""
        lower = sentence.text.lower()
        return _asks(lower) or (now and _serves(lower, self._language))

    def _finding(self, one: Mention) -> Finding:
        name, rule = _NAMES[one.kind], _RULES.get(one.kind, one.kind)
        if one.kind == "amount" and one.currencies:
            value = _value(one)
            used = sorted(self._evidence.ours.currencies_of(value)) if value is not None else []
            if used:
                words = f"{name} {one.shown} has another currency than the facts ({', '.join(used)}). Use theirs."
                return Finding("currency", words)
        if one.kind == "unread":
            words = f"{name} {one.shown!r} cannot be read, so nothing covers it. Write it as a tool returned it."
        elif one.kind in _CLAIMS and self._known(self._evidence.customer, one):
            words = (
                f"{name} {one.shown} is the customer's word only, in none of the facts. State what a tool returned, or say "
                "that the customer wrote it."
            )
        elif one.kind == "weekday":
            words = f"{name} {one.shown} fits no date in the facts. State the date that a tool returned, or none."
        else:
            words = f"{name} {one.shown} is in none of the facts. State what a tool returned, or leave it out."
        return Finding(str(rule), words)


def _asks(sentence: str) -> bool:
    return sentence.rstrip(" \"'»)").endswith("?")


@functools.lru_cache(maxsize=256)
def _serves(sentence: str, language: str | None) -> bool:
    return bool(spoken("replies", "service", language).search(sentence))


@functools.lru_cache(maxsize=256)
def _of_customer(sentence: str, language: str | None) -> bool:
    if _asks(sentence):
        return True
    theirs = spoken("replies", "attributes", language).search(sentence)
    rest = sentence[: theirs.start()] + " " + sentence[theirs.end() :] if theirs else sentence
    return bool(theirs) and not spoken("replies", "ours", language).search(rest)


def _value(one: Mention) -> Decimal | None:
    return one.amount if one.amount is not None else (one.readings[0] if one.readings else None)


def _needle(one: Mention) -> str:
    """Some digits that any spelling of the same value shares."""
    if one.kind == "date":
        return str(next((day[2] for day in one.days), ""))
    runs = re.findall(r"\d+", one.shown)
    return max(runs, key=len) if runs else ""


def _list_markers(text: str) -> set[int]:
    """Places of '1.', '2.' at the beginning of lines, counted up from one."""
    found, wanted = set(), 1
    for match in _MARKER.finditer(text):
        if int(match[1]) == wanted:
            found.add(match.start(1))
            wanted += 1
        elif int(match[1]) == 1:
            found.add(match.start(1))
            wanted = 2
    return found if len(found) > 1 else set()


def _day_pairs(text: str, language: str | None) -> dict[int, list[Day]]:
    """Map the places of both numbers in '30/6' and '12-1' to the days that they may mean."""
    found: dict[int, list[Day]] = {}
    for match in _PAIR.finditer(text):
        first, second = int(match[1]), int(match[3])
        days: list[Day] = [(None, second, first)] if 1 <= second <= 12 and 1 <= first <= 31 else []
        if 1 <= first <= 12 and 1 <= second <= 31 and (language in (None, "en") or match[2] == "-"):
            days.append((None, first, second))
        found |= dict.fromkeys((match.start(1), match.start(3)), days)
    return found


def _ends_one(wanted: str, known: Known) -> bool:
    """The last four digits of a known number."""
    return len(wanted) == 4 and wanted.isdigit() and any(len(run) > 4 and run.endswith(wanted) for run in known.digits)


def _within(made: date, unit: str, which: str, today: date) -> bool:
    step = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "month":
        return (made.year * 12 + made.month) - (today.year * 12 + today.month) == step
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
    return monday <= made < monday + timedelta(weeks=1)


@functools.cache
def _months_of(language: str) -> dict[str, int]:
    """The whole names of months, in lower case."""
    from babel import Locale

    months = Locale.parse(language).months
    return {name.lower(): number for context in ("format", "stand-alone") for number, name in months[context]["wide"].items()}


@functools.cache
def _month_pattern(language: str | None) -> re.Pattern[str]:
    names = "|".join(sorted(_months_of(language or "en"), key=len, reverse=True))
    return re.compile(rf"{any_of(words('replies')['before_month'][language or 'en'])}\s(?P<month>{names})(?!\w)")


@functools.cache
def _wished(language: str | None) -> re.Pattern[str]:
    return re.compile(rf"(?:{spoken('replies', 'wishes', language).pattern})\s+(?:\w+\s+)?$")


@functools.cache
def _period_pattern() -> re.Pattern[str]:
    listed = words("replies")["periods"]
    parts = (rf"(?P<{unit}_{which}>{any_of(names)})" for unit, found in listed.items() for which, names in found.items())
    return re.compile("|".join(parts))

"""Accounts for every figure of a reply: each needs a fact, an effect, or somebody's words that may be repeated."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from handrail.domain.text.accounting.beside import (
    asks,
    month_pattern,
    months_of,
    of_customer,
    period_pattern,
    serves,
    wished,
    within,
)
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.accounting.replied import RepliedText, value_of
from handrail.domain.text.accounting.stating import SourcedFigures
from handrail.domain.text.accounting.tied import Ties
from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.figures.spans import single_spans, span_after
from handrail.domain.text.figures.spelled import ambiguous_counts
from handrail.domain.text.figures.spoken_times import SpokenTime, spoken_times
from handrail.domain.text.plain import compact
from handrail.domain.text.sentences import SentenceSpan, sentence_at
from handrail.domain.text.words import LANGUAGES, spoken

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
        self._reply = RepliedText(text, today, language)
        self._sourced = SourcedFigures(self._reply, evidence.terms)
        self._evidence = evidence
        self._allowed = allowed
        self._ties = Ties(evidence)

    @property
    def found(self) -> list[Mention]:
        """All that the reply states in figures."""
        return self._reply.mentions

    def findings(self) -> Iterator[Finding]:
        """Every figure that nothing covers, then every stretch of time."""
        spoken_here = list(
            spoken_times(
                self._reply.text,
                self._reply.language,
                months_of(self._reply.language) if self._reply.language in LANGUAGES else {},
            )
        )
        known = [one for one in spoken_here if self._spoken(one)]
        told = {place for one in known for place in range(one.start, one.end)}
        for one in self._reply.mentions:
            if one.start in told and one.kind in ("number", "size"):
                continue
            marker, allowed = one.start in self._reply.markers, one.kind == "email" and one.shown.casefold() in self._allowed
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
            return self._sourced.states(self._evidence.record, one)
        if self._sourced.states(ours, one) or self._ordinary(one) or self._sourced.paired(ours, one):
            return True
        if one.kind in _CLAIMS and not self._attributed(one):
            return False
        return self._sourced.states(theirs, one)

    def _ordinary(self, one: Mention) -> bool:
        """A wish for a day, today's courtesy, one as an article, this year."""
        sentence = self._reply.sentence(one)
        before = self._reply.text[sentence.start if sentence else 0 : one.start].lower()
        if one.kind == "weekday":
            return bool(wished(self._reply.language).search(before))
        if one.relative is not None and sentence:
            return self._courteous(sentence, one.relative == 0)
        if one.kind == "number" and not any(letter.isdigit() for letter in one.shown):
            return value_of(one) == 1 and not span_after(self._reply.text, one.end)
        return bool(one.kind == "number" and self._reply.written_on and one.shown == str(self._reply.written_on.year))

    def _attributed(self, one: Mention) -> bool:
        """Return whether the sentence says that its figures are the customer's, and nothing of ours."""
        sentence = self._reply.sentence(one)
        return sentence is not None and of_customer(sentence.text.lower(), self._reply.language)

    def _periods(self) -> Iterator[Finding]:
        """Next week, last month: a day that is known must lie in it."""
        lower, ours = self._reply.text.lower(), self._evidence.ours
        for match in period_pattern().finditer(lower):
            unit, which = (match.lastgroup or "week_this").split("_")
            sentence = sentence_at(self._reply.sentences, match.start())
            if sentence and self._courteous(sentence, which == "this"):
                continue
            if any(match[0] in text.lower() for text in self._evidence.quotable):
                continue
            days = (made for day in ours.days for made in ours.dated(day))
            if not (self._reply.written_on and any(within(day, unit, which, self._reply.written_on) for day in days)):
                yield Finding("date", f"No fact has a date in {match[0]!r}. State a date that a tool returned, or none.")

    def _months(self) -> Iterator[Finding]:
        """'In November': a day that is known must lie in it."""
        lower, ours = self._reply.text.lower(), self._evidence.ours
        taken = {place for one in self._reply.mentions for place in range(one.start, one.end)}
        for match in month_pattern(self._reply.language).finditer(lower) if self._reply.language in LANGUAGES else ():
            place = match.start("month")
            month = months_of(self._reply.language or "")[match["month"]]
            if place in taken or any(day[1] == month for day in ours.days):
                continue
            sentence = sentence_at(self._reply.sentences, place)
            if (sentence and self._courteous(sentence, False)) or any(
                match[0] in text.lower() for text in self._evidence.quotable
            ):
                continue
            yield Finding("date", f"No fact has a date in {match['month']!r}. State a date that a tool returned, or none.")

    def _worded(self) -> Iterator[Finding]:
        """'Within a week', 'a dozen', 'double': figures without a digit or a number word."""
        lower, spans = self._reply.text.lower(), self._evidence.ours.spans
        for words_of_it, unit in single_spans(self._reply.text):
            if (Decimal(1), unit) not in spans:
                told = f"{words_of_it!r} is in none of the facts. State a time that a tool returned, or none."
                yield Finding("number", told)
        for match in spoken("replies", "figures", self._reply.language).finditer(lower):
            if not any(match[0] in text.lower() for text in self._evidence.quotable):
                yield Finding("number", f"{match[0]!r} is in none of the facts. State what a tool returned, or leave it out.")

    def _spoken(self, said: SpokenTime) -> bool:
        """Return whether a time or a day in words is known, is somebody's own words, or stands in a question."""
        ours = self._evidence.ours
        if said.times & ours.times or any(ours.knows_day(day) for day in said.days):
            return True
        sentence = sentence_at(self._reply.sentences, said.start)
        theirs = sentence is not None and of_customer(sentence.text.lower(), self._reply.language)
        return theirs or any(said.shown in text.lower() for text in self._evidence.quotable)

    def _counted(self) -> Iterator[Finding]:
        """Number words that are other words too, 'sept commandes': they count where what they count follows."""
        ours = self._evidence.ours
        for match, value in ambiguous_counts(self._reply.text.lower(), self._reply.language):
            unit = span_after(self._reply.text, match.end("number"))
            known = (value, unit) in ours.spans if unit else value in ours.numbers or value == self._reply.identifiers
            if not known:
                yield Finding("number", f"{match[0]!r} is in none of the facts. State what a tool returned, or leave it out.")

    def _another(self) -> Iterator[Finding]:
        """A sum beside an order that the facts tie to other orders only: 'O-2, which came to 64 USD', where O-1 did."""
        for part in self._reply.parts():
            named = [compact(one.shown) for one in part if one.kind == "identifier"]
            for one in part if named else ():
                value = value_of(one)
                if one.kind != "amount" or value is None or self._attributed(one) or not self._ties.strange(value, named):
                    continue
                yield Finding("amount", f"{one.shown} belongs to another than is named beside it. State the sum of that one.")

    def _courteous(self, sentence: SentenceSpan, now: bool) -> bool:
        """A question, or a word of now in a sentence that greets, thanks or offers help."""
        lower = sentence.text.lower()
        return asks(lower) or (now and serves(lower, self._reply.language))

    def _finding(self, one: Mention) -> Finding:
        name, rule = _NAMES[one.kind], _RULES.get(one.kind, one.kind)
        if one.kind == "amount" and one.currencies:
            value = value_of(one)
            used = sorted(self._evidence.ours.currencies_of(value)) if value is not None else []
            if used:
                words = f"{name} {one.shown} has another currency than the facts ({', '.join(used)}). Use theirs."
                return Finding("currency", words)
        if one.kind == "unread":
            words = f"{name} {one.shown!r} cannot be read, so nothing covers it. Write it as a tool returned it."
        elif one.kind in _CLAIMS and self._sourced.read(self._evidence.customer, one):
            words = (
                f"{name} {one.shown} is the customer's word only, in none of the facts. State what a tool returned, or say "
                "that the customer wrote it."
            )
        elif one.kind == "weekday":
            words = f"{name} {one.shown} fits no date in the facts. State the date that a tool returned, or none."
        else:
            words = f"{name} {one.shown} is in none of the facts. State what a tool returned, or leave it out."
        return Finding(str(rule), words)

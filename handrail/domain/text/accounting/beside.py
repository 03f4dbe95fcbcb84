"""Words beside a figure that say whose it is: a question, a courtesy, a wish, the customer; and words for months and weeks."""

from __future__ import annotations

import functools
import re
from datetime import date, timedelta

from handrail.domain.text.words import any_of, spoken, words


def asks(sentence: str) -> bool:
    """Return whether the sentence is a question."""
    return sentence.rstrip(" \"'»)").endswith("?")


@functools.lru_cache(maxsize=256)
def serves(sentence: str, language: str | None) -> bool:
    """Return whether the sentence greets, thanks or offers help."""
    return bool(spoken("replies", "service", language).search(sentence))


@functools.lru_cache(maxsize=256)
def of_customer(sentence: str, language: str | None) -> bool:
    """Return whether the sentence is a question, or says that its figures are the customer's and nothing of ours."""
    if asks(sentence):
        return True
    theirs = spoken("replies", "attributes", language).search(sentence)
    rest = sentence[: theirs.start()] + " " + sentence[theirs.end() :] if theirs else sentence
    return bool(theirs) and not spoken("replies", "ours", language).search(rest)


def within(made: date, unit: str, which: str, today: date) -> bool:
    """Return whether the day lies in last, this or next week or month."""
    step = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "month":
        return (made.year * 12 + made.month) - (today.year * 12 + today.month) == step
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
    return monday <= made < monday + timedelta(weeks=1)


@functools.cache
def months_of(language: str) -> dict[str, int]:
    """The whole names of months, in lower case."""
    from babel import Locale

    months = Locale.parse(language).months
    return {name.lower(): number for context in ("format", "stand-alone") for number, name in months[context]["wide"].items()}


@functools.cache
def month_pattern(language: str | None) -> re.Pattern[str]:
    """Build a pattern of months behind a word such as 'in'."""
    names = "|".join(sorted(months_of(language or "en"), key=len, reverse=True))
    return re.compile(rf"{any_of(words('replies')['before_month'][language or 'en'])}\s(?P<month>{names})(?!\w)")


@functools.cache
def wished(language: str | None) -> re.Pattern[str]:
    """Build a pattern of the end of a wish, such as 'have a nice'."""
    return re.compile(rf"(?:{spoken('replies', 'wishes', language).pattern})\s+(?:\w+\s+)?$")


@functools.cache
def period_pattern() -> re.Pattern[str]:
    """Build a pattern of words for weeks and months, in every language."""
    listed = words("replies")["periods"]
    parts = (rf"(?P<{unit}_{which}>{any_of(names)})" for unit, found in listed.items() for which, names in found.items())
    return re.compile("|".join(parts))

"""One reply as it is accounted for: its text, its figures, and the sentences that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from handrail.domain.text.figures.mentions import Day, Mention, mentions
from handrail.domain.text.plain import compact
from handrail.domain.text.sentences import SentenceSpan, sentence_at, sentences

_MARKER = re.compile(r"(?:^|\n)[ \t>*_#-]*(\d{1,2})[.)](?=\s)")
_PAIR = re.compile(r"(?<![\w.,/:-])(\d{1,2})([./-])(\d{1,2})(?!\.?[\w/:%-])")


class RepliedText:
    """A reply's text with its figures, in a language and on a day, both of which may be unknown."""

    def __init__(self, text: str, today: date | None, language: str | None) -> None:
        self.text = text
        self.written_on = today
        self.language = language
        self.mentions = mentions(text, language)
        self.sentences = sentences(text)
        self.markers = _list_markers(text)
        self.pairs = _day_pairs(text, language)
        self.identifiers = len({compact(one.shown) for one in self.mentions if one.kind == "identifier"})
        self._hours: dict[int, int] = {}

    def sentence(self, one: Mention) -> SentenceSpan | None:
        """Return the sentence that the figure stands in."""
        return sentence_at(self.sentences, one.start)

    def about_hours(self, sentence: SentenceSpan) -> int:
        """Count the weekdays and clock times in the sentence."""
        if sentence.start not in self._hours:
            near = (one for one in self.mentions if sentence.start <= one.start < sentence.end)
            self._hours[sentence.start] = sum(one.kind in ("weekday", "time") for one in near)
        return self._hours[sentence.start]

    def near(self, day: date, length: timedelta) -> bool:
        """Return whether the day is so near to today; every day is where today is unknown."""
        return self.written_on is None or abs(day - self.written_on) <= length

    def parts(self) -> Iterator[list[Mention]]:
        """The figures of each sentence, or of what a semicolon or a line parts in it."""
        part: list[Mention] = []
        for one in self.mentions:
            sentence = self.sentence(one)
            start = sentence.start if sentence else one.start
            if part and (part[-1].start < start or re.search(r"[;\n]", self.text[part[-1].end : one.start])):
                yield part
                part = []
            part.append(one)
        if part:
            yield part


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


def value_of(one: Mention) -> Decimal | None:
    """Return the value of a figure, or None where it has none."""
    return one.amount if one.amount is not None else (one.readings[0] if one.readings else None)

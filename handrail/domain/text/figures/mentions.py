"""Everything that a text says in figures: money, percentages, counts, dates, times and identifiers.

Every run of digits of the cleaned text lies in exactly one mention. What cannot be read surely is `unread`, never nothing. The
text is read once from left to right: at each place the readers are asked in turn, and whoever reads something takes it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from handrail.domain.text.figures import money
from handrail.domain.text.figures.dates import end_of_range, written_date
from handrail.domain.text.figures.measures import percent, plain, range_begins, range_words, size
from handrail.domain.text.figures.mention import Day, Kind, Mention, Page
from handrail.domain.text.figures.numerals import Numeral
from handrail.domain.text.figures.readers import (
    ADDRESSED,
    ANNOUNCED,
    ANYTHING,
    JOINED,
    MANY,
    MONEY,
    NAMED,
    PARTED,
    PERCENT,
    SIZE,
    WORDED,
    Reader,
    WordOpening,
    behind,
    by_digits,
    by_word,
)
from handrail.domain.text.figures.references import addressed, called, worded
from handrail.domain.text.figures.spelled import ambiguous_counts
from handrail.domain.text.figures.vocabulary import LANGUAGES
from handrail.domain.text.plain import clean

__all__ = ["Day", "Kind", "Mention", "mentions"]

MOST = 400
"""So many mentions of a text are read however close they stand."""
SHORT = 2_000
"""Characters of a text that is not read twice: a reply is held against one rule after the other."""
SPREAD = 20
"""Characters of a text for which one mention more is read."""
_ROW = re.compile(r"\D{0,15}\d+(?:\D{1,15}\d+)*")
_START = re.compile(r"([^\W\d_]+)|\d|[#$€£¥₹₩₪₫₱฿₺₽₴¢+(*•]|(?<![^\W_])[.,](?=\d{1,2}(?!\d))")
_DIGITS = re.compile(r"\d+")
_TELLING = "./-:hHaApPuUoO %‰,'’"
_GOES_ON = frozenset(".,-/_'’:^⁄@+–—−")
_CHAINED = frozenset("-'’/:–x")
_LISTING = frozenset(" \n([])|;=<>*+")
_TOGETHER = frozenset(" ./()-")
_JOINS = frozenset("-_/.")
_POINTS = frozenset(".,:")
_MOST_TOGETHER = 7
_MARKED: dict[str, tuple[Reader, ...]] = {
    **dict.fromkeys("+(*•", (called,)),
    **dict.fromkeys(".,", (money.amount, percent, plain)),
    "#": (worded,),
}


def mentions(text: str, language: str | None = None) -> list[Mention]:
    """Read what `text` states, in order of place; places are those of the cleaned text (see `plain.clean`).

    `language` is the two letters of the text's language, where it is known: it settles `1.234` and `11/08/2026`, and lets
    number words be read that stand alone.

    Of very many figures the first `MOST` are read, and one more for each `SPREAD` characters, which no written sentences
    exceed. From there on a row of figures, each within fifteen characters of the one before, is one mention, `unread`.
    """
    return list(_kept(text, language) if len(text) <= SHORT else _found(text, language))


def _found(text: str, language: str | None) -> tuple[Mention, ...]:
    page = Page(clean(text), language if language in LANGUAGES else None)
    found: list[Mention] = []
    place, openings, lower = 0, by_word(), page.lower
    while start := _START.search(page.text, place):
        begin, place = start.span()
        word = lower[begin:place] if start[1] and start[1][0].isalpha() else ""
        opening = openings.get(word)
        crowded = len(found) >= MOST + begin // SPREAD
        # Most words are in no table, and belong to no figure.
        if word and opening is None and not crowded and not page.joined(begin):
            continue
        mention = _row(page, begin) if crowded else None
        if mention is None and word:
            mention = _worded(page, begin, word, opening)
        elif mention is None:
            mention = _figured(page, begin, found[-1] if found else None)
        if mention:
            found.append(mention)
            place = mention.end
    return tuple(found)


_kept = lru_cache(maxsize=512)(_found)  # each turn of a long case reads a hundred texts, and all of them again


def _row(page: Page, place: int) -> Mention | None:
    """The row of figures from `place` on, where more come before it than are read one by one."""
    row = _ROW.match(page.text, place)
    return page.make("unread", place, row.end(), row=True) if row else None


def warm() -> None:
    """Build the tables of every language, which takes some tenths of a second."""
    for language in (None, *LANGUAGES):
        mentions(_EVERY_TABLE, language)
    for language in LANGUAGES:
        list(ambiguous_counts("sept jours", language))


def _worded(page: Page, place: int, word: str, opening: WordOpening | None) -> Mention | None:
    """Read what begins with `word` at `place`, which may begin something without a digit, too."""
    if opening:
        following = page.text[place + len(word) : place + len(word) + 1]
        opens = following not in ("_", "@") and not following.isdigit()
        if opens and (found := _first(page, place, _readers(page, place, opening, following))):
            return _with_range(page, found) if found.kind in ("number", "percent") else found
    if page.joined(place):
        return _first(page, place, (addressed, money.amount, called, worded))
    return None


def _readers(page: Page, place: int, opening: WordOpening, following: str) -> tuple[Reader, ...]:
    """The readers of what begins with a word: those of numbers only where it begins a number that they can read."""
    readers = opening.readers if following not in opening.marks else opening.with_money
    spelled = page.spelled(place) if opening.number else None
    if spelled is None:
        return readers
    if said := behind(page, spelled.end) & (MONEY | PERCENT):
        asked = [read for read, sense in ((money.amount, MONEY), (percent, PERCENT)) if said & sense]
        readers = tuple(read for read in WORDED if read in readers or read in asked)
    return (*readers, plain) if spelled.alone else readers


def _figured(page: Page, place: int, previous: Mention | None) -> Mention | None:
    """Read what begins at `place` with a digit, which is at least `unread`, or with a sign."""
    character = page.text[place]
    if character.isdigit():
        return _figures(page, place, previous)
    return _first(page, place, _MARKED.get(character, (money.amount,)))


def _figures(page: Page, place: int, previous: Mention | None) -> Mention:
    run = _DIGITS.match(page.text, place)
    after = run.end() if run else place + 1
    mark = page.text[after : after + 1]
    if mark in _CHAINED and (chain := _CHAIN.match(page.text, place)):
        return page.make("unread", place, chain.end())
    if (
        after - place <= 2
        and mark in _LISTING
        and previous is not None
        and not page.text[place - 2 : place - 1].isalpha()
        and _LISTED.match(page.text, place)
        and not called(page, place)
        and not _CLOSE_RANGE.fullmatch(page.lower[previous.end : place])
    ):
        return page.make("number", place, after, Decimal(page.text[place:after]))
    value = page.number(place)
    said = ANYTHING if value is None else behind(page, value.end)
    many = (after - place >= _MOST_TOGETHER or mark in _TOGETHER) and _MANY.match(page.text, place) is not None
    before = page.text[max(0, place - 16) : place].rstrip(" ")
    named = _names(before.rstrip(": ")[-1:], place)
    if value and not said and value.end == after <= place + 3 and not many and _ends(mark) and not named:
        found = page.make("number", place, after, *value.readings)
    else:
        around = ANNOUNCED * _names(before[-1:], 0) | NAMED * named | MANY * many | _behind(page, place, after, value)
        readers = by_digits(min(after - place, 5), mark if mark in _TELLING else "", said, around)
        found = _first(page, place, readers) or page.make("unread", place, after)
    if (
        found.kind == "date"
        and all(year is None for year, _, _ in found.days)
        and len({month for _, month, _ in found.days}) > 2
    ):
        return _with_range(page, found)
    if found.kind in ("number", "unread", "size", "amount") and not found.currencies:
        if previous and (closed := _other_end(page, previous, found)):
            return closed
        return _with_range(page, found)
    return found


def _behind(page: Page, place: int, after: int, value: Numeral | None) -> int:
    """Tell of digits up to `after` whether more of a word, of their number or of an address follows, see `by_digits`."""
    mark = page.text[after : after + 1]
    joined = mark in _JOINS or mark.isalnum()
    parted = value is not None and (value.end > after or mark in _POINTS)
    address = page.text[place + 8 : place + 9] == "-" or page.at_near(place)
    return JOINED * joined | PARTED * parted | ADDRESSED * address


def _first(page: Page, place: int, readers: tuple[Reader, ...]) -> Mention | None:
    for read in readers:
        if found := read(page, place):
            return found
    return None


def _with_range(page: Page, found: Mention) -> Mention:
    """The first end of a range is what the second is: `20–30 EUR`, `10 to 20 %`, `3.–5. Mai`."""
    for end in _first_ends(found):
        mark = page.text[end : end + 1]
        if mark not in _RANGED or (mark == " " and page.lower[end + 1 : end + 2] not in range_begins()):
            continue
        joint = range_words().match(page.lower, end)
        if joint and _WITH_UNIT.match(page.text, joint.end()):
            later = _first(page, joint.end(), _closing(page, joint.end()))
            if later is None or (later.kind == "amount" and not later.currencies):
                continue
            if later.kind == "date":
                return end_of_range(page, found.start, later) or found
            if found.readings and later.readings and end == found.end:
                return page.make(later.kind, found.start, found.end, *found.readings, currencies=later.currencies)
    return found


def _first_ends(found: Mention) -> set[int]:
    """The places where the first end of a range may end: with all that was found, or with its number."""
    number = None if found.shown.isdecimal() else _FIRST_END.match(found.shown)
    return {found.end, found.start + number.end() if number else found.end}


def _closing(page: Page, place: int) -> tuple[Reader, ...]:
    """The readers of what may end a range at `place`."""
    value = page.number(place) if page.text[place].isdigit() else None
    if value is None:
        return ()
    said = behind(page, value.end)
    asked = ((money.amount, said & MONEY), (percent, said & PERCENT), (size, said & SIZE))
    return (written_date, *(read for read, may in asked if may))


def _other_end(page: Page, previous: Mention, found: Mention) -> Mention | None:
    """The second end of a range is what the first is: `EUR 20–30`, `May 3–5`."""
    if previous.kind not in ("amount", "date") or found.kind == "size" or not found.readings:
        return None
    if not _CLOSE_RANGE.fullmatch(page.lower[previous.end : found.start]):
        return None
    if previous.kind == "amount" and previous.currencies and not previous.shown[0].isdigit():
        return page.make("amount", found.start, found.end, *found.readings, currencies=previous.currencies)
    if previous.kind == "date" and not previous.shown[0].isdigit() and len(previous.days) == 1:
        return end_of_range(page, found.start, previous)
    return None


_EVERY_TABLE = (
    "Half of twenty, 5 May at 17.30 pm: $5, usd 7, 1,234 EUR, TOP 5.00, "
    "20 to 30 %, 7 kg, 50 percent, 12 cents, 3 Mio. EUR, "
    "card: 1234; in 2026, on 8, el 8 pedidos; Mon 8 May; two of May 5, tomorrow"
)
"""A text that every reader has to look something up for."""
_FIRST_END = re.compile(r"\d+(?:[.,]\d+)?")
_CHAIN = re.compile(r"\d{1,6}([-'’/:–x])\d{1,6}(?:\1\d{1,6}){4,}(?!\d)")
_LISTED = re.compile(r"[1-9]\d?(?:[ \n] ?[+#]?\d{1,2}(?=[ \n])|[ \n]{2,}|[(\[\])|;=<>*+]+(?=\d))")
_MANY = re.compile(r"\d(?:[ ./()-]{0,3}\d){6}")
_WITH_UNIT = re.compile(r"\d[\d.,'’/]{0,16}(?: \d{3}){0,4}[.,]?[-–—]{0,2}[ -]?(?:[^\W\d_]|[%‰€$£¥₹¢\"°(\[])|\d{1,2}[./]\d")
_RANGED = frozenset(" -–—−.snrte")
"""What stands between the ends of a range begins with these; `range_words` says what it is."""
_CLOSE_RANGE = re.compile(r" ?[-–—] ?| (?:to|bis|à|a|tot|till|do|até) ")


def _ends(mark: str) -> bool:
    """Tell whether a number ends for sure before `mark`."""
    return mark not in _GOES_ON and not mark.isalnum()


def _names(before: str, place: int) -> bool:
    """Tell whether the last character before digits at `place` is one of a word; '' may be, but at a text's beginning."""
    return before.isalpha() or before in ("'", "’") or (before == "" and place >= 16)

"""Everything that a text says in figures: money, percentages, counts, dates, times and identifiers.

Every run of digits of the cleaned text lies in exactly one mention. What cannot be read surely is `unread`, never nothing. The
text is read once from left to right: at each place the readers are asked in turn, and whoever reads something takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache, lru_cache

from handrail.domain.text.figures import cldr, money
from handrail.domain.text.figures.behind import ANYTHING, CLOCK, DATE, MONEY, PERCENT, SIZE, behind
from handrail.domain.text.figures.dates import clock, end_of_range, relative_day, written_date, year_alone
from handrail.domain.text.figures.measures import percent, plain, range_words, size
from handrail.domain.text.figures.mention import Day, Kind, Mention, Page
from handrail.domain.text.figures.references import addressed, called, worded
from handrail.domain.text.figures.spelled import ambiguous_counts, first_words
from handrail.domain.text.figures.vocabulary import LANGUAGES, listed, vocabulary
from handrail.domain.text.plain import clean

__all__ = ["Day", "Kind", "Mention", "mentions"]

Reader = Callable[[Page, int], Mention | None]

MOST = 400
"""So many mentions of a text are read however close they stand."""
SHORT = 2_000
"""Characters of a text that is not read twice: a reply is held against one rule after the other."""
SPREAD = 20
"""Characters of a text for which one mention more is read."""
_ROW = re.compile(r"\D{0,15}\d+(?:\D{1,15}\d+)*")
_START = re.compile(r"([^\W\d_]+)|\d|[#$€£¥₹₩₪₫₱฿₺₽₴¢+(*•]|(?<![^\W_])[.,](?=\d{1,2}(?!\d))")
_DIGITS = re.compile(r"\d+")
_HAS_DIGIT = re.compile(r"[^\s\d]{0,48}\d")
_TELLING = "./-:hHaApPuUoO %‰,'’"
_GOES_ON = frozenset(".,-/_'’:^⁄@+–—−")
_CHAINED = "-'’/:–x"
_MARKED: dict[str, tuple[Reader, ...]] = {
    **dict.fromkeys("+(*•", (called,)),
    **dict.fromkeys(".,", (money.amount, percent, plain)),
    "#": (worded,),
}

_WORDED: tuple[Reader, ...] = (written_date, relative_day, money.amount, percent)
"""Who reads what begins with a word, in the order in which they are asked."""


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
    place, words = 0, _by_word()
    while start := _START.search(page.text, place):
        begin, place = start.span()
        idle = (word := start[1]) and page.lower[begin:place] not in words and not word[0].isdigit()
        if idle and not page.digit_near(begin) and not page.at_near(begin):
            continue
        mention = _crowded(page, begin, len(found)) or _read(page, begin, found[-1] if found else None)
        if mention:
            found.append(mention)
            place = mention.end
    return tuple(found)


_kept = lru_cache(maxsize=64)(_found)


def _crowded(page: Page, place: int, count: int) -> Mention | None:
    """The row of figures from `place` on that follows more mentions, `count`, than are read one by one."""
    row = _ROW.match(page.text, place) if count >= MOST + place // SPREAD else None
    return page.make("unread", place, row.end(), row=True) if row else None


def warm() -> None:
    """Build the tables of every language, which takes some tenths of a second."""
    for language in (None, *LANGUAGES):
        mentions(_EVERY_TABLE, language)
    for language in LANGUAGES:
        list(ambiguous_counts("sept jours", language))


def _read(page: Page, place: int, previous: Mention | None) -> Mention | None:
    """Read what begins at `place`; digits are at least `unread`."""
    character = page.text[place]
    if character.isdigit():
        return _figures(page, place, previous)
    if not character.isalpha():
        return _first(page, place, _MARKED.get(character, (money.amount,)))
    word = page.word(place)
    following = page.text[place + len(word) : place + len(word) + 1]
    opens = word in _by_word() and following not in ("_", "@") and not following.isdigit()
    if opens and (found := _first(page, place, _worded(page, place, word))):
        return _with_range(page, found) if found.kind in ("number", "percent") else found
    if (page.digit_near(place) and _HAS_DIGIT.match(page.text, place)) or page.at_near(place):
        return _first(page, place, (addressed, money.amount, called, worded))
    return None


def _worded(page: Page, place: int, word: str) -> tuple[Reader, ...]:
    """The readers of what begins with `word`: those of numbers only where it begins a number that they can read."""
    readers, number = _by_word()[word]
    if page.lower[place : place + len(word) + 1] in money.lettered_openings():
        readers = tuple(read for read in _WORDED if read in readers or read is money.amount)
    spelled = page.spelled(place) if number else None
    if spelled is None:
        return readers
    if said := behind(page, spelled.end) & (MONEY | PERCENT):
        asked = [read for read, sense in ((money.amount, MONEY), (percent, PERCENT)) if said & sense]
        readers = tuple(read for read in _WORDED if read in readers or read in asked)
    return (*readers, plain) if spelled.alone else readers


def _figures(page: Page, place: int, previous: Mention | None) -> Mention:
    run = _DIGITS.match(page.text, place)
    after = run.end() if run else place + 1
    mark = page.text[after : after + 1]
    if mark in _CHAINED and (chain := _CHAIN.match(page.text, place)):
        return page.make("unread", place, chain.end())
    if (
        after - place <= 2
        and _LISTED.match(page.text, place)
        and not page.text[place - 2 : place - 1].isalpha()
        and previous is not None
    ):
        number = _DIGITS.match(page.text, place)
        if number and not called(page, place) and not _CLOSE_RANGE.fullmatch(page.lower[previous.end : place]):
            return page.make("number", place, number.end(), Decimal(number[0]))
    value = page.number(place)
    said = ANYTHING if value is None else behind(page, value.end)
    many = _MANY.match(page.text, place) is not None
    if value and not said and value.end == after <= place + 3 and not many and _ends(mark) and _unannounced(page, place):
        found = page.make("number", place, after, *value.readings)
    else:
        readers = _by_digits(min(after - place, 5), mark if mark in _TELLING else "", said, _announced(page, place), many)
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


def _first(page: Page, place: int, readers: tuple[Reader, ...]) -> Mention | None:
    for read in readers:
        if found := read(page, place):
            return found
    return None


def _with_range(page: Page, found: Mention) -> Mention:
    """The first end of a range is what the second is: `20–30 EUR`, `10 to 20 %`, `3.–5. Mai`."""
    number = _FIRST_END.match(found.shown)
    for end in {found.end, found.start + number.end() if number else found.end}:
        if page.text[end : end + 1] not in _RANGED:
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


def _unannounced(page: Page, place: int) -> bool:
    """Tell whether no word stands before the digits at `place`, nor a colon behind a word."""
    before = page.text[max(0, place - 16) : place].rstrip(": ")[-1:]
    return not before.isalpha() and before not in ("'", "’") and (before != "" or place < 16)


def _announced(page: Page, place: int) -> bool:
    """Tell whether a word stands before the digits at `place`, which may say what they are."""
    before = page.text[max(0, place - 16) : place].rstrip(" ")[-1:]
    return before.isalpha() or before in ("'", "’")


@cache
def _by_digits(length: int, mark: str, said: int, announced: bool, many: bool) -> tuple[Reader, ...]:
    """The readers that may read `length` digits (5 is more) before `mark`; '' is a mark that tells nothing.

    `said` is what stands behind the number (see `behind`), `announced` says that a word stands before it, `many` that at
    least seven digits stand together.
    """
    date = mark in tuple("-/.") if length in (1, 2, 4) else False
    date = date or (length <= 2 and (announced or bool(said & DATE)))
    asked: tuple[tuple[Reader, bool], ...] = (
        (addressed, True),
        (written_date, date),
        (money.amount, bool(said & MONEY)),
        (percent, mark in tuple(" -%‰.,'’") and bool(said & PERCENT)),
        (clock, length <= 2 and mark in tuple(":.hHaApPuUoO ") and (mark != " " or bool(said & CLOCK))),
        (called, many),
        (year_alone, length == 4),
        (money.bare, True),
        (size, bool(said & SIZE)),
        (worded, True),
        (plain, True),
    )
    return tuple(read for read, may in asked if may)


@cache
def _by_word() -> Mapping[str, tuple[tuple[Reader, ...], bool]]:
    """The first words of everything that is read without a digit in it, or before one: who may read it, whether a number."""
    days = {word for words in vocabulary()["days"].values() if isinstance(words, dict) for word in words}
    dates, relative = _firsts({*cldr.months(), *cldr.weekdays()[1]}), _firsts({*days, *cldr.weekdays()[0]})
    symbols = money.lettered_symbols()
    currencies = _firsts(cldr.currency_names()) | {code.lower() for code in cldr.currencies_in_use()}
    numbers, halves = frozenset(first_words()), _firsts({*listed("half", "any"), "half"})
    return {
        word: (
            tuple(
                read
                for read, may in zip(
                    _WORDED,
                    (word in dates, word in relative, word in currencies or word[:4] in cldr.adjectives(), word in halves),
                    strict=True,
                )
                if may
            ),
            word in numbers,
        )
        for word in dates | relative | currencies | symbols | numbers | halves
    }


def _firsts(names: Iterable[str]) -> frozenset[str]:
    return frozenset(re.split(r"[ '’-]", name)[0] for name in names)

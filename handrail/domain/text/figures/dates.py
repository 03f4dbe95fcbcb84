"""Dates, weekdays and clock times as people write them, in nine languages and by the habits of their countries."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache

from babel import Locale

from handrail.domain.text.figures import cldr, money
from handrail.domain.text.figures.mention import Day, Mention, Page
from handrail.domain.text.figures.vocabulary import LANGUAGES, listed, vocabulary

_ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)"
    r"(?:(?:T|,? )(\d{2}):(\d{2})(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT)\b|[+-]\d{2}:?\d{2})?(?!\d))?"
)
_NUMERIC = re.compile(r"(\d{1,2})(?:([./-])|(\. ))(\d{1,2})(?:\2|\3)(\d{4}|\d{2})(?![\d/-])(?![.,]\d)")
_NO_YEAR = re.compile(r"(\d{1,2})\. ?(\d{1,2})\.(?!\d)(?! \d{4}\b)")
_SLASHED = re.compile(r"(\d{1,2})([/.])(\d{1,2})(?![\d/%.,-]{0,4}\d)(?! ?%)")
_MARKED = re.compile(r"(?:\d{1,2}|\d{4})[./-]")
_A_YEAR = re.compile(r"(?:19|20)\d{2}(?!\d|[.,:/-]\d|[^\W_])")
_YEARS_OF = re.compile(r" ?[^\W\d_]{3,}s\b")
_MONTH_OF = re.compile(r"(\d{1,2})/((?:19|20)\d{2})(?![\d/-])(?![.,]\d)")
_DAY = re.compile(r"(\d{1,2})(?:(st|nd|rd|th|er|ère|º|ª|°|\.º|\.ª|:e|:a|e|de|ste|-go|-ego|o)(?![^\W_])|(\.))?")
_MONTH_GAP = re.compile(r" of (?:the )?| de | di | d['’]|\. ?|[ -]|")
_YEAR = re.compile(r"\.?(?:,? (?:de |del |r\. )?|-|/)(\d{4})(?!\d|[.,]\d|[^\W_])(?: r\.(?= [^A-Z]|$|\n))?|\.? ['’](\d{2})\b")
_MONTH_YEAR = re.compile(r"\.?(?:,? (?:de |del |of )?|-)(\d{4})(?!\d|[.,]\d|[^\W_])")
_MONTH_DAY = re.compile(r"\.? (\d{1,2})(st|nd|rd|th)?(?![^\W_])(?![.:]\d|,\d| ?[%€$£])")
_THEN_DATE = re.compile(r"(?:\.?,? (?:den|dem|der|am|dnia|w dniu|the|on|on the|le|el|il|de|op|dia|día|em) |\.?,? ?)(?=\w)")
_WEEKDAY = re.compile(r"[^\W\d_]+(?:-feira)?")
_ALONE = re.compile(r"(\d{1,2})(st|nd|rd|th|er|º|\.º|:e|e|-go|-ego)?(?![^\W_]|[.,:/–-]\d| ?[%€$£]|\d)(\.?)")
_GOES_ON = re.compile(r" (?=[^\W\d_])")
_CLOCK = re.compile(
    r"(\d{1,2})(?:(:|\.|h)(\d{2})(?!\d)(?::\d{2}(?!\d)(?:[.,]\d{1,9}(?!\d))?)?(?![.,]\d)"
    r"| ?h ?(\d{2})(?!\d|[.,]\d)(?: min(?: \d{2} s)?)?)?"
    r"(?: ?(a\.?m\b\.?|p\.?m\b\.?)| ?(uhr|o['’]clock|heures?|uur|h)(?![^\W_]))?",
    re.IGNORECASE,
)
_PARTED_MARKS = "(,;"
_PARTED = str.maketrans(dict.fromkeys(_PARTED_MARKS, " "))
_MARCH = frozenset({"may", "march", "mar", "set", "out", "lip", "lis", "mag", "maj", "dec", "sat", "gen", "ago", "sie", "dez"})


def written_date(page: Page, place: int) -> Mention | None:
    """Read the date that begins at `place` with a digit, a weekday or a month."""
    if page.text[place].isdigit():
        return _numeric(page, place) or _day_month(page, place) or day_alone(page, place)
    if page.language in (None, "en") and (found := _month_first(page, place)):
        return found
    return _after_weekday(page, place) or _month_first(page, place)


@cache
def days_begin() -> frozenset[str]:
    """Return every word that may stand behind the day of a date: a month, its joint, or what makes the day an ordinal."""
    ordinals = ["st", "nd", "rd", "th", "er", "ère", "º", "ª", "e", "a", "de", "ste", "go", "ego", "o"]
    return frozenset({*cldr.months(), *ordinals, "of", "di", "d"})


CLOCK_WORDS = frozenset(["a", "am", "p", "pm", "h", "uhr", "o", "heure", "heures", "uur"])
"""Every word that may stand behind an hour."""


def clock(page: Page, place: int) -> Mention | None:
    """Read the clock time that begins at `place`: `15:05`, `3 PM`, `17.30 Uhr`, `15 h 05`."""
    found = _CLOCK.match(page.text, place)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[3] or found[4] or 0)
    half, word = (found[5] or "").lower().replace(".", ""), (found[6] or "").lower()
    sure = found[2] == ":" or half or word not in ("", "h") or bool(found[4]) or found[2] == "h"
    if not sure and found[2] != "." and word != "h":
        return None
    announced = _announced().search(page.before(place))
    pointed = found[2] == "." and bool(announced or word)
    if not (sure or pointed or (word == "h" and announced and hour <= 24)) or (
        found[2] == "." and not (half or word or announced)
    ):
        return None
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + 12 * (half == "pm")
    end = found.end()
    return page.make("time", place, end, times=frozenset({(hour % 24, minute)}))


def relative_day(page: Page, place: int) -> Mention | None:
    """Read a day by today, 'tomorrow'; a weekday that stands alone."""
    words = _relative(page.language if page.language in LANGUAGES else None)
    for length in (3, 2, 1):
        found = re.match(r"[^\W\d_]+" + r"(?:[ '’-][^\W\d_]+)" * (length - 1) + r"(?![^\W_])", page.lower[place : place + 40])
        if found and found[0] in words and not _other_sense(page, place, found[0]):
            return page.make("relative", place, place + found.end(), relative=words[found[0]])
    weekday = _WEEKDAY.match(page.lower, place)
    number = _whole_weekdays().get(weekday[0]) if weekday else None
    return None if weekday is None or number is None else page.make("weekday", place, weekday.end(), weekday=number)


def _numeric(page: Page, place: int) -> Mention | None:
    if not (marked := _MARKED.match(page.text, place)):
        return None
    mark = marked[0][-1]
    if len(marked[0]) > 3 and (iso := _ISO.match(page.text, place)):
        days = _real([(int(iso[1]), int(iso[3]), int(iso[4]))])
        times = frozenset({(int(iso[5]), int(iso[6]))}) if iso[5] else frozenset[tuple[int, int]]()
        return page.make("date", place, iso.end(), days=days, times=times) if days else None
    if found := _NUMERIC.match(page.text, place):
        year = int(found[5]) + (2000 if len(found[5]) == 2 else 0)
        days = _either(page, year, int(found[1]), int(found[4]), (found[2] or ".").strip())
        if days and not (
            len(found[5]) == 2 and found[2] == "." and re.match(r" ?[^\W\d_]*\$|€", page.text[found.end() : found.end() + 2])
        ):
            return page.make("date", place, found.end(), days=days)
    found = _NO_YEAR.match(page.text, place) if mark == "." else None
    if found and (days := _real([(None, int(found[2]), int(found[1]))])):
        return page.make("date", place, found.end(), days=days)
    if mark == "/" and (found := _MONTH_OF.match(page.text, place)) and 1 <= int(found[1]) <= 12:
        return page.make("date", place, found.end(), days=_any_day(int(found[2]), int(found[1])))
    found = _SLASHED.match(page.text, place) if mark != "-" else None
    if found and (
        _on(page, place) or (found[2] == "/" and (len(found[1]) == len(found[3]) == 2 or "0" in (found[1][0], found[3][0])))
    ):
        days = _either(page, None, int(found[1]), int(found[3]), found[2])
        if days and found[0] != "24/7":
            return page.make("date", place, found.end(), days=days)
    return None


def _either(page: Page, year: int | None, one: int, two: int, mark: str) -> frozenset[Day]:
    """Read two numbers as day and month, in both orders where the text does not tell: in English it depends on the country."""
    day_first, month_first = (year, two, one), (year, one, two)
    if mark == "." or page.language not in (None, "en"):
        return _real([day_first]) or _real([month_first] if mark != "." else [])
    return _real([day_first, month_first])


def _day_month(page: Page, place: int) -> Mention | None:
    day = _DAY.match(page.lower, place)
    if not day or not 1 <= int(day[1]) <= 31:
        return None
    gap = _MONTH_GAP.match(page.lower, day.end())
    at = gap.end() if gap else day.end()
    word = page.word(at)
    month = cldr.months().get(word)
    if month is None or page.lower[at + len(word) : at + len(word) + 1].isdigit():
        return None
    end, year = _year(page, at + len(word))
    if year is None and not _as_month(page, at, word):
        return None
    days = _real([(year, month, int(day[1]))])
    return page.make("date", place, end, days=days) if days else None


def _year(page: Page, end: int) -> tuple[int, int | None]:
    found = _YEAR.match(page.text, end)
    if found:
        year = int(found[1]) if found[1] else 2000 + int(found[2])
        if 1000 <= year <= 9999:
            return found.end(), year
    return (end + 1 if page.text[end : end + 1] == "." and page.text[end + 1 : end + 3].strip()[:1].islower() else end), None


def _month_first(page: Page, place: int) -> Mention | None:
    word = page.word(place)
    month = cldr.months().get(word)
    if month is None:
        return None
    end = place + len(word)
    if found := _MONTH_DAY.match(page.text, end):
        day = int(found[1])
        if page.text[place].isupper() and 1 <= day <= 31 and page.language in (None, "en", *LANGUAGES):
            end, year = _year(page, found.end())
            days = _real([(year, month, day)])
            named = (
                word in cldr.english_months() and _as_month(page, place, word) and money.amount(page, found.start(1)) is None
            )
            if days and (year is not None or named):
                return page.make("date", place, end, days=days)
    found = _MONTH_YEAR.match(page.text, end)
    if found and 1900 <= int(found[1]) <= 2199:
        return page.make("date", place, found.end(), days=_any_day(int(found[1]), month))
    return None


def _as_month(page: Page, place: int, word: str) -> bool:
    """Tell a month from an everyday word: English 'May' has a capital, 'set' and 'out' are months of other languages."""
    if word not in _MARCH:
        return True
    if page.language in (None, "en"):
        return page.text[place].isupper() or (
            page.language is None
            and not (
                word in ("may", "march", "set", "out")
                and re.match(r" [a-z]", page.text[place + len(word) : place + len(word) + 2])
            )
        )
    return True


def _after_weekday(page: Page, place: int) -> Mention | None:
    word = _WEEKDAY.match(page.lower, place)
    number = _cut_weekdays().get(word[0]) if word else None
    if word is None or number is None or word[0] in _months_only(page.language or ""):
        return None
    gap = _THEN_DATE.match(page.lower, word.end())
    if not gap or gap.end() >= len(page.text) or gap.end() == word.end():
        return None
    found = _numeric_or_named(page, gap.end())
    if found is None or found.kind != "date":
        return None
    return page.make("date", place, found.end, days=found.days, weekday=number, times=found.times)


def _numeric_or_named(page: Page, place: int) -> Mention | None:
    if page.text[place].isdigit():
        found = _numeric(page, place) or _day_month(page, place)
        if found is None and (day := re.match(r"(\d{1,2})/(\d{1,2})(?![\d/])", page.text[place : place + 6])):
            days = _either(page, None, int(day[1]), int(day[2]), "/")
            return page.make("date", place, place + day.end(), days=days) if days else None
        if found is None and (alone := re.match(r"(\d{1,2})(st|nd|rd|th|\.)(?![^\W_]|[.,]?\d)", page.text[place : place + 5])):
            days = _in_any_month(int(alone[1]))
            end = place + alone.end() - (alone[2] == ".")
            return page.make("date", place, end, days=days) if days else None
        return found
    return _month_first(page, place)


def day_alone(page: Page, place: int) -> Mention | None:
    """Read the day of a month that is not named: 'on the 8th', 'am 8.', 'le 8'."""
    found = _ALONE.match(page.lower, place)
    if not found or not 1 <= int(found[1]) <= 31:
        return None
    said = _on(page, place)
    pointed, ordinal = bool(found[3]), bool(found[2])
    wanted = {"en": ordinal, "de": pointed, "pl": pointed or ordinal, "nl": ordinal}.get(said or "", True)
    if said is None or not wanted or _counts(page, found.end(), said):
        return None
    end = found.end() - (pointed and said != "de")
    if said == "de" and not page.text[end : end + 1].strip() and not page.text[end : end + 3].strip()[:1].islower():
        end -= 1
    return page.make("date", place, end, days=_in_any_month(int(found[1])))


def _counts(page: Page, end: int, said: str) -> bool:
    """A noun behind it makes it a count: 'el 8 pedidos'; small words do not."""
    goes_on = _GOES_ON.match(page.text, end)
    if not goes_on:
        return False
    word = page.word(goes_on.end())
    return not (len(word) <= 3 or word in _small())


@cache
def _small() -> frozenset[str]:
    return frozenset(listed("on", "small"))


def _on(page: Page, place: int) -> str | None:
    """The language in whose words a day is announced before `place`."""
    before = page.before(place, 16)
    words = before.translate(_PARTED).split()
    phrases = _on_words().get(words[-1]) if words and before[-1] not in _PARTED_MARKS else None
    if not phrases:
        return None
    said: set[str] = set()
    for phrase, languages in phrases:
        if before.endswith(phrase):
            rest = before[: -len(phrase)][-1:]
            if not rest or rest in _PARTED_MARKS or rest.isspace():
                said.update(languages)
    if page.language in LANGUAGES:
        return page.language if page.language in said else None
    return min(said, key=LANGUAGES.index, default=None)


@cache
def _announced() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s(])(?:{'|'.join(map(re.escape, listed('clock', 'before')))}|kl\.|godz\.)$")


@cache
def _in_a_year() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s(])(?:{'|'.join(map(re.escape, listed('year', 'words')))})$")


@cache
def _on_words() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Map the last word of what announces a day to all of it, and the languages in which it does."""
    found: dict[str, dict[str, list[str]]] = {}
    for language in LANGUAGES:
        for words in filter(None, listed("on", language)):
            found.setdefault(words.split()[-1], {}).setdefault(words, []).append(language)
    return {last: tuple((words, tuple(languages)) for words, languages in of.items()) for last, of in found.items()}


def _in_any_month(day: int) -> frozenset[Day]:
    return _real([(None, month, day) for month in range(1, 13)])


@cache
def _any_day(year: int, month: int) -> frozenset[Day]:
    return frozenset((year, month, day) for day in range(1, monthrange(year, month)[1] + 1))


@cache
def any_day_of(year: int) -> frozenset[Day]:
    """Return every day of a year."""
    return frozenset(day for month in range(1, 13) for day in _any_day(year, month))


def year_alone(page: Page, place: int) -> Mention | None:
    """Read a year that its words announce, `in 2026`."""
    found = _A_YEAR.match(page.text, place)
    if not found or not _in_a_year().search(page.before(place)):
        return None
    if _YEARS_OF.match(page.lower, place + 4) and page.language in (None, "en"):
        return None
    return page.make("date", place, place + 4, days=any_day_of(int(found[0])))


def end_of_range(page: Page, place: int, later: Mention) -> Mention | None:
    """Read the day that begins a range, the 3 of `3.–5. Mai`; `later` is the date at its other end."""
    found = re.match(r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?!\d)", page.text[place : place + 5])
    if not found or later.kind != "date" or len(later.days) > 2:
        return None
    days = _real([(year, month, int(found[1])) for year, month, _ in later.days])
    return page.make("date", place, place + found.end(), days=days) if days else None


def _real(days: Iterable[Day]) -> frozenset[Day]:
    found = set()
    for year, month, day in days:
        try:
            date(year or 2024, month, day)
        except ValueError:
            continue
        found.add((year, month, day))
    return frozenset(found)


@cache
def _relative(language: str | None) -> Mapping[str, int]:
    days = vocabulary()["days"]
    if language:
        return dict(days[language])
    unsure = set(listed("days", "only_in"))
    return {word: value for one in LANGUAGES for word, value in days[one].items() if word not in unsure}


def _other_sense(page: Page, place: int, word: str) -> bool:
    """'Guten Morgen', 'por la mañana', 'goede morgen' say no day."""
    if page.language == "de" and word == "morgen":
        return page.text[place].isupper() or page.before(place).endswith(("guten", "am", "jeden"))
    return page.before(place).endswith((" la", "goede", "goeden", "buona", "för", "each"))


@cache
def _months_only(language: str) -> frozenset[str]:
    """Short names that are months in this language and weekdays in others, such as English 'Mar'."""
    if language not in LANGUAGES:
        return frozenset()
    locale = Locale.parse(language)
    months, days = (
        {name.lower().rstrip(".") for widths in calendar.values() for name in widths["abbreviated"].values()}
        for calendar in (locale.months, locale.days)
    )
    return frozenset(months - days)


@cache
def _whole_weekdays() -> Mapping[str, int]:
    return {name.replace(" ", "-"): number for name, number in cldr.weekdays()[0].items()}


@cache
def _cut_weekdays() -> Mapping[str, int]:
    return {name.replace(" ", "-"): number for name, number in cldr.weekdays()[1].items()}

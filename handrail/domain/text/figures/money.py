"""Amounts of money as people write them, in nine languages and every currency in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from handrail.domain.text.figures import cldr
from handrail.domain.text.figures.measures import number_at
from handrail.domain.text.figures.mention import Mention, Page
from handrail.domain.text.figures.numerals import Numeral
from handrail.domain.text.figures.vocabulary import listed, spaced, vocabulary

Codes = frozenset[str]

_BETWEEN = re.compile(r" ?[)\]]?(?:\.(?!\d)|(?<=[a-z])\.)?:? {0,2}[-−–]? ?")
_BEFORE_AFTER = re.compile(r" {0,2}[(\[]? ?")
_OF = re.compile(r" (?:of |de |di |d['’])")
_DASHES = re.compile(r"(?:[.,] ?[-−–—]{1,2}|(:-))(?!\w)")
_CROWNS = frozenset({"SEK", "NOK", "DKK"})
_SCREENS = frozenset(map(Decimal, (144, 240, 360, 480, 540, 720, 1080, 1440, 2160, 4320)))
_WEIGHED = re.compile(r" of (?!the\b|your\b|our\b|my\b|credit\b|that\b|this\b|it\b)[a-z]")
_WEIGHTS = frozenset({"pound", "pounds"})
_TWO_DIGITS = re.compile(r" ?(\d{2})(?![\d%])(?![.,:/-]?\d)(?= ?(?:[.,;:!?)\n]|$))")
_TWO_CLOSE = re.compile(r"(\d{2})(?![\w%])(?![.,:/-]\d)")
_AND_CENTS = re.compile(r" ?(?:,|and|und|et|y|e|en|och|i)? ?(?=\d)")
_CENTS = re.compile(r"\d{1,2}(?!\d)")
_TIMES = re.compile(r"( ?)([^\W\d_]+)\.?(?![^\W_])")
_NAME = re.compile(r"[^\W\d_]+(?:(?:['’]|(?<![^\W\d_][^\W\d_])\. ?|[ -]?)(?=[^\W\d_]))?")
_PLURAL = re.compile(r" (?!(?:is|was|this|has|as|plus|minus|less|yes|us|always|gets|costs)\b)[a-z]{3,}s\b")
_NOUN = re.compile(r" [A-ZÄÖÜ][a-zäöüß]{2,}")
MOST_WORDS = 5
LITTLE = frozenset({"m"})


class Currency(NamedTuple):
    """A currency's spelling up to `end`, the codes that it may mean, and its form: symbol, code or name."""

    end: int
    codes: Codes
    form: str


def amount(page: Page, place: int) -> Mention | None:
    """Read the amount with a currency that begins at `place`: `$600`, `EUR: 95`, `600,- €`, `sechshundert Euro`, `99p`."""
    before = None if page.text[place].isdigit() else currency(page, place)
    if before and (found := _behind(page, place, before)):
        return found
    number = number_at(page, place)
    return None if number is None else _before_unit(page, place, number)


def bare(page: Page, place: int) -> Mention | None:
    """Read an amount without a currency: two decimals or a dash for them, `99.95` and `600,-`."""
    number = page.number(place)
    if number is None or not number.readings:
        return None
    dashes = _DASHES.match(page.text, number.end)
    if dashes and "." not in page.text[place : number.end]:
        return page.make("amount", place, dashes.end(), number.readings[0], currencies=_CROWNS if dashes[1] else frozenset())
    two = number.end - place > 3 and page.text[number.end - 3] in ".," and page.text[number.end - 2 : number.end].isdigit()
    if two and not page.text[number.end : number.end + 1].isalpha():
        return page.make("amount", place, number.end, *number.readings)
    return None


def currency(page: Page, place: int) -> Currency | None:
    """Read the longest spelling of a currency at `place`: a symbol, an ISO code or a name."""
    if place not in page.currencies:
        symbol = _symbols().match(page.text, place) if page.text[place : place + 1] in _symbols_begin() else None
        meant = Currency(symbol.end(), cldr.currency_symbols()[symbol[0]], "symbol") if symbol else _named(page, place)
        page.currencies[place] = meant
    found: Currency | None = page.currencies[place]
    return found


def _named(page: Page, place: int) -> Currency | None:
    names, codes = cldr.currency_names(), cldr.currencies_in_use()
    first = page.word(place)
    if first not in _first_words() and first[:4] not in cldr.adjectives():
        return None
    key, at, found, previous = "", place, None, ""
    for _ in range(MOST_WORDS):
        word = _NAME.match(page.lower, at)
        if not word:
            break
        letters = word[0].rstrip(" -.'’")
        end = at + len(letters)
        key = f"{key} {letters}" if key else letters
        meant = names.get(key)
        if meant is None and previous and letters in names and previous[:4] in cldr.adjectives():
            meant = names[letters] & cldr.adjectives()[previous[:4]] or None
        if meant:
            found = Currency(end, meant, "name")
        elif key == letters and letters.upper() in codes and _is_code(page.text[place:end]):
            return Currency(end, frozenset({letters.upper()}), "code")
        if key not in _begun() and not (not previous and letters[:4] in cldr.adjectives()):
            break
        previous, at = letters, word.end()
        if word.end() == end:
            break
    return found


def _is_code(written: str) -> bool:
    return written.isupper() or written.lower() in _lower_codes()


def _behind(page: Page, place: int, before: Currency) -> Mention | None:
    """A number behind its currency."""
    start = _BETWEEN.match(page.text, before.end)
    at = start.end() if start else before.end
    number = page.number(at)
    if number is None or not number.readings or (before.form == "name" and not _leads(page, place, before, at)):
        return None
    if before.form == "code" and before.codes & _wordy() and not re.search(r"[.,]\d\d$", page.text[at : number.end]):
        return None
    end, values = _multiplied(page, number.end, _settled(number, before.codes), spaced_letter=True)
    dashes = _DASHES.match(page.text, end)
    end = dashes.end() if dashes else end
    after = _after(page, end)
    codes = before.codes
    if after and after.codes & codes and not re.match(r"[ :]{0,2}\d", page.text[after.end : after.end + 3]):
        codes, end = codes & after.codes, after.end
    elif not after and page.text[end : end + 1].isalnum() and not page.text[end - 1].isalpha():
        return None
    negative = bool(start and set(start[0]) & set("-−–")) or _minus(page, place)
    return _signed(page, place, end, values, codes, negative)


def _before_unit(page: Page, place: int, number: Numeral) -> Mention | None:
    """A number before its currency, or before hundredths of it."""
    if not cldr.unit_near().match(page.text, number.end):
        return None
    dashes = _DASHES.match(page.text, number.end)
    at = dashes.end() if dashes else number.end
    end, values = _multiplied(page, at, number.readings, spaced_letter=False)
    after = _after(page, end) or (_after(page, at) if at != end else None)
    if after is None:
        return _hundredths(page, place, number)
    if page.lower[end : after.end].strip() in _WEIGHTS and _WEIGHED.match(page.lower, after.end):
        return page.make("size", place, after.end, *values)
    if end > at and after.end < end:
        values = number.readings
    values = _settled(number, after.codes) if values == number.readings else values
    end = after.end
    if after.form == "code" and after.codes & _wordy() and not page.text[after.end - 3 : after.end].isupper():
        return None
    if number.spaced and _counted(page, place, number, end):
        split = page.text[place : number.end].split(" ")
        values = (Decimal(split[-1].replace(",", ".")), *values) if len(split) == 2 else ()
    end, values = _with_cents(page, end, values, after)
    return _signed(page, place, end, values, after.codes, _minus(page, place))


def _with_cents(page: Page, end: int, values: tuple[Decimal, ...], after: Currency) -> tuple[int, tuple[Decimal, ...]]:
    """`80€50`, `20 euros and 50 cents`."""
    if len(values) != 1 or values[0] != values[0].to_integral_value():
        return end, values
    close = _TWO_CLOSE.match(page.text, end) if after.form == "symbol" else None
    spread = _TWO_DIGITS.match(page.text, end) if after.form != "code" and "$" not in page.text[end - 1 : end] else None
    if found := close or spread:
        return found.end(), (values[0] + Decimal(found[1]) / 100,)
    joint = _AND_CENTS.match(page.text, end)
    digits = _CENTS.match(page.text, joint.end()) if joint else None
    unit = _minor(page, digits.end()) if digits else None
    if digits and unit and unit.codes & after.codes:
        return unit.end, (values[0] + Decimal(digits[0]) / 100,)
    return end, values


def _hundredths(page: Page, place: int, number: Numeral) -> Mention | None:
    unit = _minor(page, number.end)
    if unit is None or len(number.readings) != 1 or (number.readings[0] in _SCREENS and page.text[unit.end - 1] == "p"):
        return None
    return page.make("amount", place, unit.end, number.readings[0] / 100, currencies=unit.codes)


def _minor(page: Page, place: int) -> Currency | None:
    """Cents and their like; a single letter stands close to its number."""
    close = page.text[place : place + 1] != " "
    at = place if close else place + 1
    if page.text[at : at + 1] == "¢":
        return Currency(at + 1, _minors()["¢"], "symbol")
    words = []
    for _ in range(3):
        word = page.word(at)
        if not word:
            break
        words.append(word)
        at += len(word) + 1
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        if name in _minors() and (len(name) > 1 or (close and page.text[place : place + 1].islower())):
            if name == "gr" and page.language not in ("pl", None):
                return None
            end = (place if close else place + 1) + len(name)
            if page.text[end : end + 1].isalnum():
                return None
            return Currency(end, _minors()[name], "name")
    return None


def _after(page: Page, end: int) -> Currency | None:
    at = _BEFORE_AFTER.match(page.text, end)
    start = at.end() if at else end
    of = _OF.match(page.lower, end)
    for begin in (start, of.end()) if of else (start,):
        found = currency(page, begin)
        if found and not page.text[found.end : found.end + 1].isalpha():
            opened = at is not None and at[0].strip() != ""
            if opened and page.text[found.end : found.end + 1] not in (")", "]"):
                continue
            return found._replace(end=found.end + opened)
    return None


def _multiplied(page: Page, end: int, values: tuple[Decimal, ...], *, spaced_letter: bool) -> tuple[int, tuple[Decimal, ...]]:
    """`20k`, `1,5 Mio.`; a lonely M may be a size, so both readings stand."""
    found = _TIMES.match(page.text, end)
    times = _times().get(found[2].lower()) if found else None
    if (
        found is None
        or times is None
        or (found[2].lower() in ("k", "m") and found[1] and not spaced_letter and not _after(page, found.end()))
    ):
        return end, values
    larger = tuple(value * times for value in values)
    if found[2].lower() in LITTLE and spaced_letter:
        return found.end(), (*values, *larger) if found[1] else (*larger, *values)
    return found.end(), larger


def _settled(number: Numeral, codes: Codes) -> tuple[Decimal, ...]:
    """Settle a number's reading: few currencies have three decimals, so one mark before three digits groups thousands."""
    if number.grouped and all(cldr.decimals(code) < 3 for code in codes):
        return (max(number.readings),)
    return number.readings


def _counted(page: Page, place: int, number: Numeral, end: int) -> bool:
    """`2 150 USD lamps`: what reads as thousands may be two lamps of 150 each."""
    first, _, rest = page.text[place : number.end].partition(" ")
    if first == "0" or rest.startswith("0"):
        return False
    english = page.language in (None, "en") and _PLURAL.match(page.text, end)
    german = page.language in (None, "de") and _NOUN.match(page.text, end)
    return bool(english or german)


def _leads(page: Page, place: int, before: Currency, at: int) -> bool:
    """A name before a number is its currency with a colon, or where people write it so: `Fr. 50`, `kr 95`, `Euro 95`."""
    name = page.lower[place : before.end]
    return ":" in page.text[before.end : at] or len(name) <= 4 or name in ("euros",)


def _minus(page: Page, start: int) -> bool:
    return page.text[start - 1 : start] in ("-", "−", "–") and page.text[start - 2 : start - 1] in (
        "",
        " ",
        "\n",
        "(",
        ":",
        "=",
    )


def _signed(page: Page, start: int, end: int, values: Iterable[Decimal], codes: Codes, negative: bool) -> Mention:
    return page.make("amount", start, end, *values, currencies=codes, negative=negative)


@cache
def _symbols() -> re.Pattern[str]:
    """Symbols with the letters that belong to them; `$` behind letters of another word is none."""
    written = sorted(cldr.currency_symbols(), key=len, reverse=True)
    return re.compile("|".join(re.escape(one) + (r"(?![^\W\d_])" if one[-1].isalpha() else "") for one in written))


@cache
def _symbols_begin() -> frozenset[str]:
    return frozenset(symbol[0] for symbol in cldr.currency_symbols())


@cache
def lettered_symbols() -> frozenset[str]:
    """Return the letters that begin a symbol, `us` of `US$`."""
    return frozenset(re.split(r"[\W\d_]", symbol.lower())[0] for symbol in cldr.currency_symbols()) - {""}


@cache
def lettered_openings() -> frozenset[str]:
    """Return the letters that begin a symbol with the character behind them, `us$` of `US$`."""
    found = (re.match(r"([^\W\d_]+)(.)", symbol.lower()) for symbol in cldr.currency_symbols())
    return frozenset(one[0] for one in found if one)


@cache
def _first_words() -> frozenset[str]:
    """Every word, and every code, that may begin a currency's name."""
    names = {name.split()[0] for name in cldr.currency_names() if name.strip()}
    return frozenset(names | {code.lower() for code in cldr.currencies_in_use()})


@cache
def units_begin() -> frozenset[str]:
    """Return every word that may stand first behind a number of money.

    `cldr.adjectives` adds beginnings of words, `lettered_openings` those of symbols.
    """
    minors = {re.split(r"[\W\d_]", name)[0] for name in _minors()}
    return frozenset({*_first_words(), *minors, *_times(), "of", "de", "di", "d"})


@cache
def _begun() -> frozenset[str]:
    """Every beginning of a name that goes on with another word."""
    found = set()
    for name in cldr.currency_names():
        words = name.split()
        found |= {" ".join(words[:count]) for count in range(1, len(words))}
    return frozenset(found)


@cache
def _minors() -> Mapping[str, Codes]:
    found: dict[str, set[str]] = {}
    for codes, names in vocabulary()["minor"].items():
        for name in names.split(";"):
            found.setdefault(spaced(name), set()).update(codes.split())
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def _times() -> Mapping[str, int]:
    return {word: int(value) for value, words in vocabulary()["times"].items() for word in words.split()}


@cache
def _lower_codes() -> frozenset[str]:
    return frozenset(listed("ordinary", "codes_in_lower_case"))


@cache
def _wordy() -> Codes:
    return frozenset(listed("ordinary", "codes_that_are_words"))

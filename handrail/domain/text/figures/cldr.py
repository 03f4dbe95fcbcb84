"""CLDR's data, by Babel: the names and symbols of currencies, the names of months and weekdays.

The data of all languages are put together once per process, when they are first asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from babel.core import Locale, get_global
from babel.numbers import get_territory_currencies

from handrail.domain.text.figures.vocabulary import LANGUAGES, listed, spaced, vocabulary

LOCALES = (
    *("en_US", "en_GB", "en_CA", "en_AU", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA", "fr_CH", "es_ES", "es_MX"),
    *("it_IT", "nl_NL", "nl_BE", "sv_SE", "pl_PL", "pt_PT", "pt_BR"),
)
_HEAD_FIRST = ("fr", "es", "it", "pt", "pl")
Codes = frozenset[str]


@cache
def currencies_in_use() -> Codes:
    """Return the ISO codes of money that is legal tender somewhere today."""
    places = get_global("territory_currencies")
    return frozenset(code for place in places for code in get_territory_currencies(place, tender=True))


@cache
def decimals(code: str) -> int:
    """Return how many decimals a currency is written with."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(code, fractions["DEFAULT"])[0])


@cache
def currency_names() -> Mapping[str, Codes]:
    """Map each currency's names in nine languages, as `spaced` writes them, to the codes that they may mean."""
    found: dict[str, set[str]] = defaultdict(set)
    heads: dict[str, set[str]] = defaultdict(set)
    for language, code, name in _names():
        found[name].add(code)
        words = name.split()
        if len(words) > 1:
            heads[words[0] if language in _HEAD_FIRST else words[-1]].add(code)
    for code, symbol in _lettered():
        found[spaced(symbol)].add(code)
    for code in _ours():
        for name in listed("currencies", code):
            found[spaced(name)].add(code)
    for codes, names in vocabulary()["shared"].items():
        for name in names.split(";"):
            heads[spaced(name)] |= set(codes.split())
    ordinary, alone = set(listed("ordinary", "words")), set(listed("ordinary", "heads_of"))
    for head, meant in heads.items():
        if meant & alone and len(head) > 1 and head.replace(" ", "").isalpha():
            found[head] |= meant
    return {name: frozenset(codes) for name, codes in found.items() if name not in ordinary}


@cache
def currency_symbols() -> Mapping[str, Codes]:
    """Map each currency's symbols, as they are written, to the codes that they may mean; `$` alone may be many."""
    found: dict[str, set[str]] = defaultdict(set)
    for locale in {*LANGUAGES, *LOCALES}:
        for code, symbol in _data(locale, "currency_symbols").items():
            if code in currencies_in_use() and any(not letter.isalpha() and letter not in ". " for letter in symbol):
                written = " ".join(symbol.replace("\u200f", "").split())
                found[written].add(code)
                found[written.replace(" ", "")].add(code)
                found[written[-1:] if written[-1:] in "$£¥" else written[:1]].add(code)
    for code in _ours():
        for name in listed("currencies", code):
            if not any(letter.isalnum() for letter in name) or "$" in name:
                found[name.upper()].add(code)
    found["$"].discard("BRL")
    return {symbol: frozenset(codes) for symbol, codes in found.items() if not symbol.isalpha() and symbol.strip()}


@cache
def unit_near() -> re.Pattern[str]:
    """Match where a currency, a percent sign or a unit may stand behind a number: a word, group 1, or one of their signs."""
    signs = {symbol[0] for symbol in currency_symbols()} | set('¢%‰×°"″′')
    return re.compile(rf"[ .,:(\[–—−-]{{0,10}}(?:([^\W\d_]+)|[{re.escape(''.join(sorted(signs)))}])")


@cache
def adjectives() -> Mapping[str, Codes]:
    """Map the first letters of what stands beside a currency's head, 'canad' or 'schw', to codes: for inflected forms."""
    found: dict[str, set[str]] = defaultdict(set)
    for language, code, name in _names():
        words = name.split()
        for word in words[1:] if language in _HEAD_FIRST else words[:-1]:
            if len(word) >= 4:
                found[word[:4]].add(code)
    return {stem: frozenset(codes) for stem, codes in found.items()}


@cache
def months() -> Mapping[str, int]:
    """Map the names of months, whole and cut, in nine languages to their numbers."""
    return _calendar("months", "months", first=0)


@cache
def english_months() -> Mapping[str, int]:
    """Map the names of months that may stand before their day, 'May 5', to their numbers: other languages write it first."""
    return _calendar("months", "", locales=("en", "en_US", "en_GB", "en_AU", "en_CA"), first=0)


@cache
def weekdays() -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Map the names of weekdays to numbers from 0, Monday: those that stand alone, and cut ones that stand before a date."""
    whole = _calendar("days", "weekdays", widths=("wide",), first=0)
    return whole, _calendar("days", "weekdays", first=0)


def _ours() -> list[str]:
    return list(vocabulary()["currencies"])


def _data(locale: str, name: str) -> Mapping[str, str]:
    found: Mapping[str, str] = Locale.parse(locale)._data[name]
    return found


def _lettered() -> Iterator[tuple[str, str]]:
    """Symbols of letters alone: FCFA, zł, Nkr."""
    for locale in {*LANGUAGES, *LOCALES}:
        for code, symbol in _data(locale, "currency_symbols").items():
            if code in currencies_in_use() and len(symbol) > 2 and symbol not in currencies_in_use():
                yield from ((code, form) for form in (symbol, symbol.replace("\u202f", "")) if form.strip(".").isalpha())


def _names() -> Iterator[tuple[str, str, str]]:
    """Language, code and name of everything in use, each as `spaced`."""
    for locale in {*LANGUAGES, "pt_PT", "es_MX", "fr_CA", "de_AT", "en_GB"}:
        data = Locale.parse(locale)._data
        for code in currencies_in_use():
            written = {data["currency_names"].get(code, ""), *data["currency_names_plural"].get(code, {}).values()}
            for name in written - {""}:
                yield locale[:2], code, spaced(name)


def _calendar(
    kind: str,
    ours: str,
    *,
    locales: tuple[str, ...] = (*LANGUAGES, *LOCALES),
    widths: tuple[str, ...] = ("wide", "abbreviated"),
    first: int,
) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for locale in locales:
        for names in getattr(Locale.parse(locale), kind).values():
            for width in widths:
                found |= {spaced(name): int(place) for place, name in names.get(width, {}).items()}
    for place, words in vocabulary().get(ours, {}).items():
        found |= {spaced(name): int(place) for name in words.split()}
    return {name: place + first for name, place in found.items() if name and not name[0].isdigit()}

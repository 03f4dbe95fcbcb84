"""Numbers in words, up to a thousand and its round multiples, in nine languages."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from handrail.domain.text.figures.spans import is_unit_of_time
from handrail.domain.text.figures.vocabulary import LANGUAGES, listed, vocabulary

_WORD = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r" ?-? ?(?=[^\W\d_])")
_TWO_WORDS = re.compile(r"([^\W\d_]+)(?: ?-? ?([^\W\d_]+))?")
_KNOWN = frozenset(LANGUAGES)
MOST_WORDS = 8


class Spelled(NamedTuple):
    """A number in words up to `end`. `alone` says that it counts without a unit beside it."""

    end: int
    value: Decimal
    alone: bool


def spelled(lower: str, place: int, language: str | None = None) -> Spelled | None:
    """Read the longest number in words that begins at `place` of the text in lower case."""
    found = _TWO_WORDS.match(lower, place)
    if not found or (first := found[1]) not in first_words():
        return None
    known = language if language in _KNOWN else None
    if (second := found[2]) and _goes_on(first, second, known):
        return _longest(lower, place, first, language)
    alone = _one_word(first, known)
    return None if alone is None else Spelled(found.end(1), alone.value, alone.alone)


@lru_cache(maxsize=8192)
def _goes_on(first: str, second: str, language: str | None) -> bool:
    """Tell whether a number that begins with the word `first` may go on with `second`."""
    return any(
        second == vocabulary()["numbers"][known]["and"] or _begun(known, first + second)
        for known in first_words()[first]
        if language in (None, known)
    )


@lru_cache(maxsize=4096)
def _one_word(word: str, language: str | None) -> Spelled | None:
    return _longest(word, 0, word, language)


def _longest(lower: str, place: int, first: str, language: str | None) -> Spelled | None:
    found: Spelled | None = None
    for known in first_words()[first]:
        if language in LANGUAGES and known != language:
            continue
        for end, value in _ends(lower, place, known):
            if found is None or end > found.end:
                found = Spelled(end, Decimal(value), _alone(lower[place:end], value, language))
    return found


def ambiguous_counts(lower: str, language: str | None) -> Iterator[tuple[re.Match[str], Decimal]]:
    """Each number word that is another word too before what it counts, such as French 'sept commandes'."""
    if language not in LANGUAGES:
        return
    from handrail.domain.text.deeds.lexicon import lexicons

    for match in _ambiguous(language).finditer(lower):
        if is_unit_of_time(match["noun"]) or lexicons()[language].classes(match["noun"]) & {"object", "item"}:
            yield match, Decimal(_numbers(language)[match["number"]])


@cache
def _ambiguous(language: str) -> re.Pattern[str]:
    numbers = _numbers(language)
    words = {one for one in listed("numbers", "ambiguous", "words") if numbers.get(one, 0) > 1}
    return re.compile(rf"(?<!\w)(?P<number>{'|'.join(sorted(words)) or '(?!)'}) (?P<noun>[^\W\d_]+)")


def _ends(lower: str, place: int, language: str) -> Iterator[tuple[int, int]]:
    """Each end at which the words so far make a number."""
    numbers, joint, key, at = _numbers(language), vocabulary()["numbers"][language]["and"], "", place
    for count in range(MOST_WORDS):
        word = _WORD.match(lower, at)
        if not word:
            return
        # 'one hundred and fifty': the joint counts only between two parts.
        if not (word[0] == joint and count):
            key += word[0]
            if key in numbers:
                yield word.end(), numbers[key]
            elif not _begun(language, key):
                return
        gap = _GAP.match(lower, word.end())
        if not gap or gap.end() == word.end():
            return
        at = gap.end()


def _alone(words: str, value: int, language: str | None) -> bool:
    return language in LANGUAGES and value > 1 and words not in _common()


@cache
def _common() -> frozenset[str]:
    articles = {one for known in LANGUAGES for one in listed("numbers", known, "articles")}
    return frozenset(articles | set(listed("numbers", "ambiguous", "words")))


@cache
def first_words() -> Mapping[str, tuple[str, ...]]:
    """Map every word that may begin a number to the languages in which it does."""
    found: dict[str, list[str]] = defaultdict(list)
    for language in LANGUAGES:
        for word in _firsts(language):
            found[word].append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@cache
def _firsts(language: str) -> frozenset[str]:
    """A number's key may be one word, or begin with any of its parts."""
    table = vocabulary()["numbers"][language]
    parts = {word for name in ("ones", "tens", "twenties", "hundreds", "articles") for word in table.get(name, "").split()}
    parts = {piece for part in parts for piece in part.split("-")} | {table["hundred"], table["thousand"]}
    return frozenset(parts | set(_numbers(language)))


@lru_cache(maxsize=8192)
def _begun(language: str, key: str) -> bool:
    """Tell whether any number's key begins so."""
    keys = _sorted(language)
    place = bisect_left(keys, key)
    return place < len(keys) and keys[place].startswith(key)


@cache
def _sorted(language: str) -> list[str]:
    return sorted(_numbers(language))


@cache
def _numbers(language: str) -> Mapping[str, int]:
    """Map each number of a language, written without blanks, hyphens and 'and', to its value; with the usual variants."""
    table = vocabulary()["numbers"][language]
    below = _below_hundred(language)
    found: dict[str, int] = dict(_flat(below))
    hundreds = _hundreds(language)
    for value, names in hundreds.items():
        for name in names:
            found[name] = value
            for rest, words in below.items():
                if rest and value < 1000:
                    found |= {name + joint + word: value + rest for word in words for joint in ("", *_inner(language))}
                    if language == "it":
                        found |= {form: value + rest for word in words for form in _joined("it", name, word)}
    thousand = table["thousand"]
    found[thousand] = 1000
    for word in (*table["articles"].split(), table["ones"].split()[1]):
        found[word + thousand] = 1000
    others = table.get("thousands", "").split()
    for value, words in {**below, **hundreds}.items():
        if 1 < value < 1000:
            found |= {word + form: value * 1000 for word in words for form in (thousand, *others)}
    return found


def _flat(names: Mapping[int, set[str]]) -> Iterator[tuple[str, int]]:
    for value, words in names.items():
        for word in words:
            yield word, value


def _inner(language: str) -> tuple[str, ...]:
    """Joints within one word, 'zweihundertundfünfzig'."""
    return ("und",) if language == "de" else ("en",) if language == "nl" else ("och",) if language == "sv" else ()


def _below_hundred(language: str) -> dict[int, set[str]]:
    table = vocabulary()["numbers"][language]
    ones, tens = table["ones"].split(), table["tens"].split()
    found: dict[int, set[str]] = defaultdict(set)
    for value, word in enumerate(ones):
        found[value].add(word.replace("-", ""))
    found[1] |= set(table["articles"].split())
    for value, word in enumerate(table.get("twenties", "").split(), 21):
        found[value].add(word)
    for value, word in enumerate(tens, 2):
        found[value * 10].add(word)
        for one in range(1, 10):
            for single in {ones[one], *(table["articles"].split() if one == 1 else ())}:
                found[value * 10 + one] |= _joined(language, word, single)
    if language == "fr":
        _by_twenties(found, ones)
    for word, value in vocabulary()["numbers"]["other"].get(language, {}).items():
        found[value].add(word)
    return found


def _joined(language: str, ten: str, one: str) -> set[str]:
    match language:
        case "de":
            return {f"{one}und{ten}"}
        case "nl":
            return {f"{one}{joint}{ten}" for joint in ("en", "ën")}
        case "it":
            return {ten[:-1] + one if one[0] in "uo" else ten + one, f"{ten}tré" if one == "tre" else ten + one}
        case _:
            return {ten + one}


def _by_twenties(found: dict[int, set[str]], ones: list[str]) -> None:
    """Soixante-dix, quatre-vingts, quatre-vingt-dix: and in Belgium and Switzerland septante, huitante, nonante."""
    for value, word in enumerate(ones):
        plain = word.replace("-", "")
        if value:
            found[80 + value].add(f"quatrevingt{plain}")
        if value >= 10:
            found[60 + value].add(f"soixante{plain}")
    found[80] |= {"quatrevingt", "quatrevingts"}
    found[81].add("quatrevingtune")


def _hundreds(language: str) -> dict[int, set[str]]:
    table = vocabulary()["numbers"][language]
    ones, hundred = table["ones"].split(), table["hundred"]
    found: dict[int, set[str]] = defaultdict(set)
    found[100] |= {hundred, *(article + hundred for article in table["articles"].split()), ones[1] + hundred}
    for value, word in enumerate(table.get("hundreds", "").split(), 1):
        found[value * 100] |= {word, f"{word[:-2]}as" if language in ("es", "pt") and value > 1 else word}
    if "hundreds" not in table:
        for value in range(2, 20):
            found[value * 100] |= {ones[value].replace("-", "") + form for form in {hundred, f"{hundred}s", f"{hundred}a"}}
    return found

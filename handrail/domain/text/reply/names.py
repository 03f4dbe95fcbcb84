"""Names of people and things in a reply: words that a language writes with a capital where it would not otherwise.

German writes every noun so; there, and at the beginning of a sentence anywhere, only what stands where a name stands is
taken for one: after a greeting, a title, 'your colleague', or alone as a signature.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from handrail.domain.text.sentences import sentences
from handrail.domain.text.words import any_of, words

_WORD = re.compile(r"(?<![\w@&])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w@])")
_JOINS = re.compile(r"\.?[ \t]{1,3}")
_OPENS = re.compile(r"[\s\"'“”„«»‹›‘’‚(\[{•*–—¿¡>_#-]*")
_BREAKS = re.compile(r"[.!?…:;\n\"“”„«»(•–—][\s\"'“”„«»(\[•*–—-]*$")
_LAST_LINE = re.compile(r"\n[ \t]*([^\n]{2,60})\s*$")
_LONGEST_NAME = 4
_NEAR = 12
_TITLE_CASE = 0.6
_CLOSED = (".", "!", "?", ",")
_OTHER_LANGUAGES = ("da", "nb", "fi", "cs", "sk", "ru", "uk", "tr", "el", "hu", "ro", "ar", "zh", "ja")
_NOUNS_ARE_CAPITAL = frozenset(("de", "lb"))


def names_in(text: str, language: str | None = "en") -> Iterator[str]:
    """Every word that may be a name, as written; `text` is cleaned. Where the language is not known, only cued ones."""
    found: dict[str, None] = {}
    for sentence in sentences(text):
        run = list(_WORD.finditer(sentence.text))
        found |= dict.fromkeys(_cued(sentence.text, run))
        if language and language not in _NOUNS_ARE_CAPITAL:
            found |= dict.fromkeys(_within(sentence.text, run))
    found |= dict.fromkeys(_signed(text))
    return (word for word in found if not _ordinary(word))


def capital(word: str) -> bool:
    """Return whether a word is written as a name is: a capital first and a small letter after it."""
    return (word[:1].isupper() or word[:1].istitle()) and any(letter.islower() for letter in word[1:])


def _cued(sentence: str, run: Sequence[re.Match[str]]) -> Iterator[str]:
    """Yield the names that follow a greeting, a title or a word for a person, without the titles."""
    lower = sentence.lower()
    cues = [_greeting().match(lower), *_person().finditer(lower), *_title().finditer(lower)]
    places = [match.start() for match in run]
    for cue in filter(None, cues):
        place, taken, first = cue.end(), 0, bisect_left(places, cue.end())
        for match in run[first : first + 2 * _LONGEST_NAME]:
            if taken == _LONGEST_NAME or not _JOINS.fullmatch(sentence[place : match.start()]):
                break
            place = match.end()
            if match[0].lower() in _titles():
                continue
            if not capital(match[0]):
                break
            taken += 1
            yield match[0]


def _signed(text: str) -> Iterator[str]:
    """A last line of nothing but a name, below a line that ends with a comma or is short."""
    match = _LAST_LINE.search(text)
    above = text[: match.start()].rstrip().rsplit("\n", 1)[-1] if match else ""
    if match and (above.endswith(",") or len(above) <= 40):
        inner = match[1].strip(" .,*_")
        run = inner.split()
        if len(run) <= _LONGEST_NAME and all(_WORD.fullmatch(word.rstrip(".")) and capital(word) for word in run):
            yield from (word.rstrip(".") for word in run)


def _within(sentence: str, run: Sequence[re.Match[str]]) -> Iterator[str]:
    """Capitalised words that do not begin the sentence; a heading in title case says nothing."""
    capitals = [match for match in run if capital(match[0])]
    if len(run) > 3 and sentence[-1:] not in _CLOSED and len(capitals) / len(run) > _TITLE_CASE:
        return
    for match in capitals:
        before = sentence[max(0, match.start() - _NEAR) : match.start()]
        if not ((match.start() < _NEAR and _OPENS.fullmatch(before)) or _BREAKS.search(before)):
            yield match[0]


@functools.lru_cache(maxsize=4_096)
def _ordinary(word: str) -> bool:
    lower = word.lower().replace("’", "'")
    stem = lower.split("'")[0]
    return any(_usual().fullmatch(one) for one in (lower, stem)) or lower.rstrip(".") in _titles() or lower in _calendar()


@functools.cache
def _usual() -> re.Pattern[str]:
    return re.compile(any_of(word for listed in words("names")["ordinary"].values() for word in listed))


@functools.cache
def _titles() -> frozenset[str]:
    return frozenset(words("names")["titles"])


@functools.cache
def _greeting() -> re.Pattern[str]:
    listed = sorted(words("names")["greetings"], key=len, reverse=True)
    return re.compile(rf"[\s\"'“„«¡*_]*(?:{any_of(listed)})[,;]?")


@functools.cache
def _title() -> re.Pattern[str]:
    return re.compile(rf"{any_of(sorted(_titles() - {'m', 'dom', 'don', 'ing', 'heer'}, key=len, reverse=True))}\.?")


@functools.cache
def _person() -> re.Pattern[str]:
    return re.compile(any_of(words("names")["people"]))


@functools.cache
def _calendar() -> frozenset[str]:
    """Names of months, weekdays and languages, whole and short."""
    from babel import Locale

    from handrail.domain.text.words import LANGUAGES

    found: set[str] = set()
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for calendar in (locale.days, locale.months):
            for widths in calendar.values():
                for width in ("wide", "abbreviated"):
                    found.update(name.lower().rstrip(".") for name in widths[width].values())
        found.update(locale.languages[code].lower() for code in (*LANGUAGES, *_OTHER_LANGUAGES))
    return frozenset(found)

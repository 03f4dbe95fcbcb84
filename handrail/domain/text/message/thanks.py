"""Courtesies: messages that say thanks or goodbye, greet or nudge, and want nothing, read by words that packs list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from handrail.domain.text.message.answers import unquoted, words_of
from handrail.domain.text.packs import Packs, packs
from handrail.domain.text.plain import clean

READ = 300
"""Characters of a courtesy; whoever writes more says something else, too."""
WORDS = 30
_DIGIT = re.compile(r"[0-9]")
_QUESTION = re.compile(r"[?\u00bf\u061f]")
_MARKS = re.compile(r"[\s!.\u2026?\u00bf\u061f]*")
Phrase = tuple[str, ...]


def only_thanks(text: str) -> bool:
    """Return whether a message is nothing but thanks or a goodbye, in whatever language; in doubt it is more."""
    return not _QUESTION.search(text) and _courteous(text, nudges=False)


def only_courtesy(text: str) -> bool:
    """Return whether a message is nothing but thanks, a greeting or a nudge ("Hello? Anybody there?"), in whatever language.

    In doubt it is more.
    """
    asks = bool(_QUESTION.search(text)) and _MARKS.fullmatch(text[:READ]) is not None
    return asks or only_thanks(text) or _courteous(text, nudges=True)


def _courteous(text: str, *, nudges: bool) -> bool:
    if len(text) > READ or _DIGIT.search(text):
        return False
    words = words_of(unquoted(clean(text), ()))
    if not 0 < len(words) <= WORDS:
        return False
    index, telling, place = _indexed(packs(), nudges), False, 0
    while place < len(words):
        length, tells = _phrase(index, words, place)
        if not length:
            return False
        telling = telling or tells
        place += length
    return telling


def _phrase(index: Mapping[str, list[tuple[Phrase, bool]]], words: Sequence[str], place: int) -> tuple[int, bool]:
    for phrase, tells in index.get(words[place], ()):
        if tuple(words[place : place + len(phrase)]) == phrase:
            return len(phrase), tells
    return 0, False


@cache
def _indexed(known: Packs, nudges: bool) -> dict[str, list[tuple[Phrase, bool]]]:
    """The phrases of all languages by their first word, the longest first; of two alike the one that tells a courtesy."""
    found: dict[Phrase, bool] = {}
    for pack in known.by_code.values():
        telling = [*pack.goodbye.thanks, *(pack.nudge.words if nudges else [])]
        for tells, phrases in ((False, pack.goodbye.beside), (True, telling)):
            for phrase in map(tuple, map(words_of, phrases)):
                found[phrase] = found.get(phrase, False) or tells
    index: dict[str, list[tuple[Phrase, bool]]] = {}
    for phrase, tells in sorted(found.items(), key=lambda item: (-len(item[0]), item[0])):
        index.setdefault(phrase[0], []).append((phrase, tells))
    return index

"""Thank-yous: messages that say thanks or goodbye and want nothing, read by words that packs list."""

from __future__ import annotations

import re
from functools import cache

from handrail.domain.text.message.answers import unquoted, words_of
from handrail.domain.text.packs import Packs, packs
from handrail.domain.text.plain import clean

READ = 300
"""Characters of a thank-you; whoever writes more says something else, too."""
WORDS = 30
_MORE = re.compile(r"[?\u00bf\u061f]|[0-9]")
"""A question or a number: something is wanted, or told."""
Phrase = tuple[str, ...]


def only_thanks(text: str) -> bool:
    """Return whether a message is nothing but thanks or a goodbye, in whatever language; in doubt it is more."""
    if len(text) > READ or _MORE.search(text):
        return False
    words = words_of(unquoted(clean(text), ()))
    if not 0 < len(words) <= WORDS:
        return False
    index, thanked, place = _indexed(packs()), False, 0
    while place < len(words):
        length, thanks = _phrase(index, words, place)
        if not length:
            return False
        thanked = thanked or thanks
        place += length
    return thanked


def _phrase(index: dict[str, list[tuple[Phrase, bool]]], words: list[str], place: int) -> tuple[int, bool]:
    for phrase, thanks in index.get(words[place], ()):
        if tuple(words[place : place + len(phrase)]) == phrase:
            return len(phrase), thanks
    return 0, False


@cache
def _indexed(known: Packs) -> dict[str, list[tuple[Phrase, bool]]]:
    """The phrases of all languages by their first word, the longest first; of two alike the one that thanks."""
    found: dict[Phrase, bool] = {}
    for pack in known.by_code.values():
        for thanks, phrases in ((False, pack.goodbye.beside), (True, pack.goodbye.thanks)):
            for phrase in map(tuple, map(words_of, phrases)):
                found[phrase] = found.get(phrase, False) or thanks
    index: dict[str, list[tuple[Phrase, bool]]] = {}
    for phrase, thanks in sorted(found.items(), key=lambda item: (-len(item[0]), item[0])):
        index.setdefault(phrase[0], []).append((phrase, thanks))
    return index

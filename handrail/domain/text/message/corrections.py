"""Corrections of an earlier message: another number, another address, another name in the same words."""

from __future__ import annotations

import re
from functools import cache

from handrail.domain.text.packs import Packs, packs

_TOKEN = re.compile(r"[^\s,;!?()\"“”„«»]+")
_FIGURES = re.compile(r"\d+")
_BETWEEN = re.compile(r"[\W_]+")
_ENDS = re.compile(r"[.!?:…]$")


def corrects(new: str, old: str) -> bool:
    """Tell whether `new` changes a particular of `old`, adds a figure, or says that something else was meant."""
    if set(_FIGURES.findall(new)) - set(_FIGURES.findall(old)):
        return True
    if _lacking(particulars(new), old) and _lacking(particulars(old), new):
        return True
    marks = _marks(packs())
    return bool(marks.search(new)) and not marks.search(old)


def particulars(text: str) -> frozenset[str]:
    """The words that name something: with a figure or an @, a lone capital (a size), or a capital within a sentence."""
    found = set[str]()
    begins = True
    for match in _TOKEN.finditer(text):
        word = match[0]
        bare = word.strip(".:'’")
        shouted = len(bare) > 3 and bare.isupper()
        size = bare.isupper() and len(bare) <= 3 and bare != "I"
        named = bare[:1].isupper() and not begins and not shouted and len(bare) > 1
        if bare and (_FIGURES.search(bare) or "@" in bare or size or named):
            found.add(bare.casefold())
        begins = bool(_ENDS.search(word)) or text[match.end() : match.end() + 1] in ("!", "?", "\n")
    return frozenset(found)


def _lacking(names: frozenset[str], text: str) -> bool:
    """Tell whether one of `names` does not stand in the text, however it is spaced there."""
    words = {match[0].strip(".:'’").casefold() for match in _TOKEN.finditer(text)}
    together = _BETWEEN.sub("", text.casefold())
    return any(one not in words and (len(one) <= 2 or _BETWEEN.sub("", one) not in together) for one in names)


@cache
def _marks(known: Packs) -> re.Pattern[str]:
    phrases = {phrase for each in known.words("speech", "corrections").values() for phrase in each}
    either = "|".join(r"\s+".join(map(re.escape, one.split())) for one in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

"""Text as the rules and the classifier see it: one stream of folded words with the ends of clauses kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

STOP = "."
PAUSE = ","

_INVISIBLE = {ord(mark): None for mark in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ´`′"), "'")
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
_CONTRACTION = re.compile(r"(?<=\w)'(?=(?:t|s|m|re|ll|ve|d)\b)")
_COMPOUND = re.compile(r"(?<=\w)[-/'](?=\w)")
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,:](?=\d)")
_PIECE = re.compile(r"\w+|[.!?;:\n…¿¡]+|[,()\-–—/]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


def fold(text: str) -> str:
    """Lower case without diacritics, invisible characters and typographic apostrophes; contractions are joined."""
    if text.isascii():
        return _CONTRACTION.sub("", text.replace("`", "'").lower())
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_APOSTROPHES).casefold()
    decomposed = unicodedata.normalize("NFD", text.translate(_PLAIN))
    plain = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return _CONTRACTION.sub("", plain)


def spellings(word: str) -> tuple[str, ...]:
    """Return the ways to spell `word`: folded, and with ä written as ae, ö as oe, ü as ue, å as aa."""
    lowered = unicodedata.normalize("NFC", word).casefold()
    return tuple(dict.fromkeys((fold(lowered), fold(lowered.translate(_UMLAUTS)))))


@dataclass(frozen=True)
class Folded:
    """A message ready for matching. `stream` holds words and clause marks, one blank between and around."""

    text: str

    @cached_property
    def stream(self) -> str:
        pieces = _PIECE.findall(_COMPOUND.sub(" ", _INSIDE_NUMBER.sub("_", fold(self.text))))
        marked = [PAUSE if one in ",()-–—/" else one if one[0].isalnum() or one[0] == "_" else STOP for one in pieces]
        return f" {' '.join(marked)} "

    @cached_property
    def words(self) -> list[str]:
        return [piece for piece in self.stream.split() if piece not in (STOP, PAUSE)]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.words)

"""Text as the rules and the classifier see it: one stream of folded words with the ends of clauses kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from handrail.domain.text.scripts import ATTACHED, SPACELESS, unaccented

READ = 8_000
"""Characters that are read of a message."""
STOP = "."
PAUSE = ","

_INVISIBLE = {ord(mark): None for mark in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ´`′"), "'")
_CONTRACTION = re.compile(r"(?<=\w)'(?=(?:t|s|m|re|ll|ve|d)\b)")
_COMPOUND = re.compile(r"(?<=\w)[-/'](?=\w)")
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,:](?=\d)")
_MARKS = r"[.!?;:\n…¿¡。؟।۔]+|[,()\-–—/、،؛]"
_PIECE = re.compile(rf"\w+|{_MARKS}")
_FOREIGN = re.compile(f"[{SPACELESS}{ATTACHED}]")
_ALONE = re.compile(f"[{SPACELESS}]")
_FOREIGN_PIECE = re.compile(rf"[{SPACELESS}][{ATTACHED}]*|(?:[^\W{SPACELESS}]|[{ATTACHED}])+|{_MARKS}")
_PAUSES = frozenset(",()-–—/、،؛")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


def fold(text: str) -> str:
    """Lower case without accents, invisible characters and typographic apostrophes; contractions are joined."""
    if text.isascii():
        lowered = text.replace("`", "'").lower()
        return _CONTRACTION.sub("", lowered) if "'" in lowered else lowered
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_APOSTROPHES).casefold()
    return _CONTRACTION.sub("", unaccented(text))


def readable(text: str) -> str:
    """Cut a text to what is read of it: so many characters, also where one of them stands for many."""
    text = text[:READ]
    whole = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return text if len(whole) <= READ else whole[:READ]


def spellings(word: str) -> tuple[str, ...]:
    """Return the ways to spell `word`: folded, and with ä written as ae, ö as oe, ü as ue, å as aa."""
    if word.isascii():
        return (fold(word),)
    lowered = unicodedata.normalize("NFC", word).casefold()
    return tuple(dict.fromkeys((fold(lowered), fold(lowered.translate(_UMLAUTS)))))


def spaceless(word: str) -> bool:
    """Return whether the word is a character of a script that puts no blanks between words."""
    return not word.isascii() and _ALONE.match(word) is not None


@dataclass(frozen=True)
class Folded:
    """A message ready for matching. `stream` holds words and clause marks, one blank between and around.

    In scripts without blanks every character is a word: phrases are found by their characters.
    """

    text: str

    @cached_property
    def stream(self) -> str:
        folded = _COMPOUND.sub(" ", _INSIDE_NUMBER.sub("_", fold(self.text)))
        known = _PIECE if folded.isascii() or not _FOREIGN.search(folded) else _FOREIGN_PIECE
        marked = [
            PAUSE if one in _PAUSES else one if one[0].isalnum() or one[0] == "_" else STOP for one in known.findall(folded)
        ]
        return f" {' '.join(marked)} "

    @cached_property
    def words(self) -> list[str]:
        return [piece for piece in self.stream.split() if piece not in (STOP, PAUSE)]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.words)

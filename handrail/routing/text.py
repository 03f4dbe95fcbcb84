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
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ى": "ي", "ة": "ه", "ـ": None}
)
_SIGNS = 0x0900
"""Marks below are accents, points and vowels that people leave out; those from here on are letters of their scripts."""
_CONTRACTION = re.compile(r"(?<=\w)'(?=(?:t|s|m|re|ll|ve|d)\b)")
_COMPOUND = re.compile(r"(?<=\w)[-/'](?=\w)")
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,:](?=\d)")
_MARKS = r"[.!?;:\n…¿¡。؟।۔]+|[,()\-–—/、،؛]"
_PIECE = re.compile(rf"\w+|{_MARKS}")
_SPACELESS = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e3f-\u0e46\u3041-\u3096\u309d-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\U00020000-\U0003ffff"
)
"""Thai, Kana, Han, Hangul: no blank tells a word from its neighbours, or from what is glued to it."""
_ATTACHED = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a"
_FOREIGN = re.compile(f"[{_SPACELESS}{_ATTACHED}]")
_ALONE = re.compile(f"[{_SPACELESS}]")
_FOREIGN_PIECE = re.compile(rf"[{_SPACELESS}][{_ATTACHED}]*|(?:[^\W{_SPACELESS}]|[{_ATTACHED}])+|{_MARKS}")
_PAUSES = frozenset(",()-–—/、،؛")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


def fold(text: str) -> str:
    """Lower case without accents, invisible characters and typographic apostrophes; contractions are joined."""
    if text.isascii():
        return _CONTRACTION.sub("", text.replace("`", "'").lower())
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_APOSTROPHES).casefold()
    decomposed = unicodedata.normalize("NFD", text.translate(_PLAIN))
    plain = "".join(mark for mark in decomposed if ord(mark) >= _SIGNS or not unicodedata.combining(mark))
    return _CONTRACTION.sub("", unicodedata.normalize("NFC", plain))


def spellings(word: str) -> tuple[str, ...]:
    """Return the ways to spell `word`: folded, and with ä written as ae, ö as oe, ü as ue, å as aa."""
    lowered = unicodedata.normalize("NFC", word).casefold()
    return tuple(dict.fromkeys((fold(lowered), fold(lowered.translate(_UMLAUTS)))))


def spaceless(word: str) -> bool:
    """Return whether the word is a character of a script that puts no blanks between words."""
    return not word.isascii() and _ALONE.match(word) is not None


def _marked(piece: str) -> str:
    if piece in _PAUSES:
        return PAUSE
    return piece if piece[0].isalnum() or piece[0] == "_" else STOP


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

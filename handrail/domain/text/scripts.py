"""Scripts: which marks belong to a letter, and which characters are words of their own."""

from __future__ import annotations

import re
import unicodedata

SPACELESS = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e3f-\u0e46\u3041-\u3096\u309d-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\U00020000-\U0003ffff"
)
"""Thai, Kana, Han, Hangul: no blank tells a word from its neighbours, or from what is glued to it."""
ATTACHED = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a"
_SIGNS = 0x0900
"""Marks below are accents, points and vowels that people leave out; those from here on are letters of their scripts."""
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ى": "ي", "ة": "ه", "ـ": None}
)
_PIECE = re.compile(rf"[{SPACELESS}][{ATTACHED}]*|(?:[^\W_{SPACELESS}]|[{ATTACHED}])+")


def unaccented(text: str) -> str:
    """Return lower-case `text` without accents, and with one spelling of letters that people exchange."""
    decomposed = unicodedata.normalize("NFD", text.translate(_PLAIN))
    plain = "".join(mark for mark in decomposed if ord(mark) >= _SIGNS or not unicodedata.combining(mark))
    return unicodedata.normalize("NFC", plain)


def pieces(text: str) -> list[str]:
    """Return the words of `text`; in scripts without blanks every character is a word."""
    return _PIECE.findall(text)

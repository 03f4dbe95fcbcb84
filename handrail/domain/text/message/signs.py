"""Signs beside an answer's words: emoji, symbols, faces made of punctuation. They say no, or that something is not sure."""

from __future__ import annotations

import re
import unicodedata

AGREEING = frozenset(
    "\U0001f642\U0001f600\U0001f601\U0001f603\U0001f604\U0001f606\U0001f60a\U0001f607\U0001f609\U0001f60c\U0001f60d\U0001f60e"
    "\U0001f917\U0001f929\U0001f970\U0001f973\U0001f618\u263a\U0001f44d\U0001f44c\U0001f64f\U0001f44f\U0001f64c\U0001f91d"
    "\U0001f91e\U0001f4aa\U0001faf6\U0001fae1\u270c\u2764\u2665\U0001f9e1\U0001f49a\U0001f499\U0001f49b\U0001f49c\U0001f495"
    "\U0001f496\U0001f497\U0001f389\U0001f38a\u2728\u2b50\U0001f31f\u2600\U0001f31e\U0001f339\U0001f338\U0001f490\U0001f340"
    "\u2705\u2714\u2713\u2611\U0001f5f8\U0001f4af\U0001f197"
)
"""Signs that take nothing from a yes beside them; alone they are none."""
REFUSING = frozenset(
    "\U0001f44e\u274c\u274e\u2716\u2715\u2717\u2718\u2613\U0001f5f4\U0001f5d9\U0001f6ab\u26d4\U0001f6d1\U0001f645"
    "\u270b\U0001f91a\U0001f590\u23f8\u23f9\u21a9\u23ea"
)
"""Signs that say no, stop, or back."""
DOUBTING = frozenset("\U0001f914\U0001f937\U0001f615\U0001f62c\U0001f928\U0001fae4\U0001f610\U0001f611")
_DRESS = frozenset("\u2640\u2642\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
"""Parts of other signs: whether it is a woman or a man, and of which colour."""
_SAD = re.compile(r"[:=;]['\u2019]?[-o^]?[(\[](?=\s|$|[.,!(\[])|(?<![\w:])[:=]['\u2019]?-?[/\\|](?!\S)|(?<!\S)-[_.]+-(?!\S)")
_STRANGE = ("So", "Sm", "Sk", "Co", "Cn")
_MINUS = re.compile(r"(?<![^\s(\[])[-+\u2212\u2010-\u2015]+(?=[$\u00a2-\u00a5\u20a0-\u20cf]?\s?\d)(?!\s)")


def signs_of(text: str) -> list[str]:
    """Return what the signs of a cleaned text say, in their order: `no`, `unsure`, `unknown` for one that no list has."""
    found = [] if text.isascii() else [kind for character in text if (kind := _kind(character))]
    return [*found, "unknown"] if _SAD.search(text) else found


def signed(text: str) -> str:
    """Return the text with the sign before a number as part of it, in letters: -175 is never read as 175."""
    return _MINUS.sub("minus", text)


def _kind(character: str) -> str:
    if character.isascii() or character.isalnum() or character in AGREEING or character in _DRESS:
        return ""
    if character in REFUSING:
        return "no"
    if character in DOUBTING:
        return "unsure"
    return "unknown" if unicodedata.category(character) in _STRANGE else ""

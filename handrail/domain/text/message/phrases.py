"""Phrases that are looked for whatever their case, and only in texts that hold a part of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GROUP = re.compile(r"\(\?:[^)]*\)\??|\[[^]]*\]|\\w[*+]|\w\?")
"""Parts of a phrase that may be written in several ways."""


class Phrases:
    """Regular expressions, `phrases`, each at the beginning of a word, with `then` behind it.

    Most texts hold none. To see that, it is enough to look for the longest part of each that is always the same, which
    takes a hundredth of the time of the search itself.
    """

    def __init__(self, *phrases: str, then: str) -> None:
        self.pattern = re.compile(rf"\b(?:{'|'.join(phrases)}){then}", re.IGNORECASE)
        self.signs = tuple(max(_GROUP.split(phrase), key=len) for phrase in phrases)

    def found(self, text: str, lower: str) -> Iterator[re.Match[str]]:
        """Find every phrase in a cleaned text; `lower` is what `small` makes of it."""
        if any(sign in lower for sign in self.signs):
            yield from self.pattern.finditer(text)


def small(text: str) -> str:
    """Return a cleaned text in lower case, where i is any letter that `re.IGNORECASE` takes for an i."""
    return text.lower().replace("i\u0307", "i").replace("\u0131", "i")

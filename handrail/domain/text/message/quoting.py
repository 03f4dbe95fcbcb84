"""Lines that mail programs put above a quote, in any language: who wrote, and when, broken over a few lines or not.

Marks of each language stand in its pack; mail_parser_reply knows more languages. Only short windows are given to it: over a
whole text its patterns take quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from handrail.domain.text.packs import Packs, packs

LINE = 200
"""Characters of a line that can be a mark; longer ones are sentences."""
WINDOW = 3
"""Lines over which a mail program may break the line above a quote."""
ASKED = 10
"""Windows of one text about which the library is asked."""
COLONS = (":", "\uff1a")
QUOTE = re.compile(r"^[ \t]*>")
_NAMED = re.compile(r"^[ \t]*(?:([^\W\d_][\w.-]{0,15})>+|(\|)(?:[ \t]*\|)*)(?=[ \t]|$)(?!.*\|)")
"""What older programs mark a quote with: a name before each line, or a bar. A row of a table has more bars."""
ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,120}|<[^<>\n]{1,120}>|\[mailto:")

_DAY = re.compile(r"\b\d{4}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
_ENDED = re.compile(r"[.!?\u2026][)\"'\u201d\u00bb]*$")


@dataclass(frozen=True, slots=True)
class Marks:
    """The words of all languages, folded."""

    wrote: re.Pattern[str]
    subjects: frozenset[str]
    labels: frozenset[str]
    titles: frozenset[str]
    sent_from: tuple[str, ...]
    closings: frozenset[str]


def plainly_marked(lines: list[str]) -> list[str]:
    """Give the lines with `>` where a quote is marked by `Name>` or `|`, on two lines in a row at least."""
    named = [_NAMED.match(line[:LINE]) for line in lines]
    marks_of = [one[1] or one[2] if one else None for one in named]
    neighbours = zip([None, *marks_of], marks_of, [*marks_of[1:], None], strict=False)
    return [
        f">{line[one.end() :]}" if one and mark in (before, behind) else line
        for line, one, (before, mark, behind) in zip(lines, named, neighbours, strict=True)
    ]


class Introductions:
    """The lines that mail programs put above a quote, broken over a few lines or not; what stands above them is no part."""

    def __init__(self, lines: list[str]) -> None:
        self._lines, self._budget = lines, ASKED
        self._known: dict[int, tuple[int, int, bool]] = {}

    def at(self, place: int) -> tuple[int, bool]:
        """Return of how many lines the one that begins here is, 0 where none does, and whether all below it is older."""
        colon = _colon(self._lines, place)
        if colon is None:
            return 0, False
        if colon not in self._known:
            self._known[colon] = self._above(colon)
        begins, length, certain = self._known[colon]
        return (length, certain) if begins == place else (0, False)

    def _above(self, colon: int) -> tuple[int, int, bool]:
        """Find the one that ends in this colon: where it begins, its lines, whether it is certain; as few as say it all."""
        found = (-1, 0, False)
        for begins in range(colon, max(colon - WINDOW, -1), -1):
            line = self._lines[begins].strip()
            if begins < colon and not _goes_on(line):
                break
            adds = begins == colon or not found[1] or _tells_when(line) or wrote(line)
            if not adds and not ADDRESS.search(line):
                break
            window = " ".join(" ".join(self._lines[begins : colon + 1]).split())
            introduces, certain = self._reads(window, colon) if adds else (False, False)
            if introduces:
                found = (begins, colon - begins + 1, certain)
            if introduces and wrote(window) and _tells_when(window):
                break
        return found

    def _reads(self, window: str, colon: int) -> tuple[bool, bool]:
        """Return whether the text introduces a quote, and whether it says so as only a program does."""
        if wrote(window):
            return True, dated(window)
        if ADDRESS.search(window) and _tells_when(window) and quoted_after(self._lines, colon + 1):
            return True, True
        if not self._budget or not dated(window):
            return False, False
        self._budget -= 1
        known = bool(_headers().search(window))
        return known, known


def quoted_after(lines: list[str], place: int) -> bool:
    """Return whether the next line that says something is a quote."""
    following = next((one for one in lines[place : place + WINDOW] if one.strip()), "")
    return bool(QUOTE.match(following))


def _colon(lines: list[str], place: int) -> int | None:
    """The first line from `place` on that ends in a colon; None where a blank or a long one stands before it."""
    for at, line in enumerate(lines[place : place + WINDOW], place):
        line = line.strip()
        if not line or len(line) > LINE:
            return None
        if line.endswith(COLONS):
            return at
    return None


def dated(window: str) -> bool:
    """Return whether the text says who or when as only a program writes it: then all that follows is older, marked or not."""
    return bool(ADDRESS.search(window)) or _tells_when(window)


def _goes_on(line: str) -> bool:
    """Return whether a mail program may have broken its line here: a sentence that has ended is somebody's own."""
    if not line or len(line) > LINE or line.endswith(COLONS):
        return False
    return _tells_when(line) or not _ENDED.search(line)


def wrote(text: str) -> bool:
    """Return whether a word of the text says, in any language, that somebody wrote."""
    return bool(marks().wrote.search(text.casefold()))


def _tells_when(text: str) -> bool:
    return bool(_DAY.search(text) and _CLOCK.search(text))


def marks() -> Marks:
    """Return the words of all packs."""
    return _marked(packs())


@cache
def _marked(known: Packs) -> Marks:
    def words(*names: str) -> Iterable[str]:
        return (one.casefold() for name in names for listed in known.words("mail", name).values() for one in listed)

    return Marks(
        wrote=re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words('wrote')))})(?!\w)"),
        subjects=frozenset(words("subject")),
        labels=frozenset(words("subject", "others")),
        titles=frozenset(words("original", "forwarded")),
        sent_from=tuple(dict.fromkeys(words("sent_from"))),
        closings=frozenset(words("closings")),
    )


@cache
def _headers() -> re.Pattern[str]:
    """The library's pattern of lines above a quote, in all of its languages; no workflow loads it."""
    from mailparser_reply import EmailMessage
    from mailparser_reply.constants import MAIL_LANGUAGES

    found: re.Pattern[str] = EmailMessage(text="", languages=list(MAIL_LANGUAGES)).HEADER_REGEX
    return found

"""A customer's own words in a mail: quotes, forwarded blocks and signatures are left out; what is unmarked stays.

Marks of each language stand in its pack; `quoting` knows the lines above a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from handrail.domain.text.message.quoting import (
    ADDRESS,
    COLONS,
    LINE,
    QUOTE,
    Introductions,
    dated,
    marks,
    plainly_marked,
    quoted_after,
    wrote,
)

BLOCK = 8
"""Lines within which the headers of an older mail stand."""
SIGNATURE_LINES, SIGNATURE_LINE = 8, 80
FEWEST_WORDS = 4
"""Shorter sentences of ours ("Thank you.") are anybody's."""
OURS_READ = 20_000
"""Characters of our own words that are looked for."""

_SUM = re.compile(r"^[ \t]*>[ \t]*\d")
_DASHED = re.compile(r"^[ \t]*[-_*=]{2,40}[ \t]*([^\W\d_][^\n]{3,160}?)[ \t]*[-_*=]{2,40}[ \t]*$")
_RULE = re.compile(r"^[ \t]*[_-]{20,}[ \t]*$")
_LABEL = re.compile(
    r"^[ \t]*\*?([^\W\d_][^\W\d_ -]*(?:[ -][^\W\d_]+){0,2})[ \t]?\*?[ \t\u00a0\u202f]?[:\uff1a][ \t*]*(.{0,200})$"
)
_DELIMITER = re.compile(r"^(?:--|__) ?$")
_REFERENCE = re.compile(r"\b[A-Za-z]{1,4}[-_]?\d{3,}\b|#\d{3,}\b")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_READABLE = re.compile(r"\w")
_DRAWN = re.compile(r"(?:[-_*=~#][ \t]?){3,}")


def own_words(text: str, ours: Sequence[str] = ()) -> str:
    """Give what the customer wrote themselves; the whole text where nothing of it is theirs.

    `ours` are texts that we sent in this case, newest first: their sentences are left out even where nothing marks them.
    """
    return cut(text, ours) or unsaid(text, ours) or text


def unsaid(text: str, ours: Sequence[str]) -> str:
    """Give the text without our own sentences, however a mail program has broken and marked them; empty where none is left."""
    there = set(re.sub(r"[>*|]", " ", text.casefold()).split()) if ours else set[str]()
    left = text
    for sentence in _sentences(ours):
        words = sentence.split()
        if there.issuperset(sentence.casefold().split()):
            left = re.sub(r"[\s>*|]+".join(map(re.escape, words)), " ", left, flags=re.IGNORECASE)
    # Where a sentence of ours is gone, its full stop may be left: that is nobody's word. A "??" that stood there all along is.
    return left.strip() if _READABLE.search(left) or (left == text and _written(left)) else ""


def cut(text: str, ours: Sequence[str] = ()) -> str:
    """Give what the customer wrote themselves; empty where everything is quoted, forwarded, or said by us before."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = "\n".join(_signed(list(_unquoted(lines))))
    return re.sub(r"\n{3,}", "\n\n", unsaid(kept, ours))


def _unquoted(lines: list[str]) -> Iterator[str]:
    """The lines that no mark says to be older. Below a quote that is marked line by line, what is unmarked is an answer."""
    lines = plainly_marked(lines)
    lonely = sum(bool(QUOTE.match(one)) for one in lines) == 1
    above = Introductions(lines)
    place = 0
    while place < len(lines):
        line = lines[place]
        if QUOTE.match(line) and not (lonely and _SUM.match(line)):
            place += 1
            continue
        length, certain = above.at(place)
        if length and quoted_after(lines, place + length):
            place, lonely = place + length, False
            continue
        if certain or _older(lines, place):
            return
        yield line
        place += 1


def _written(text: str) -> bool:
    """Return whether something is written that is no line between two parts."""
    return any(one.strip() and not _DRAWN.fullmatch(one.strip()) for one in text.split("\n"))


def _older(lines: list[str], place: int) -> bool:
    """Return whether an older mail begins here: a title between dashes or before a colon, or a list of headers."""
    line = lines[place].strip()
    if not line or len(line) > LINE:
        return False
    dashed = _DASHED.match(line)
    if dashed and (_title(dashed[1]) or (dated(dashed[1]) and wrote(dashed[1]))):
        return True
    if line.endswith(COLONS) and _title(line):
        return _headed(lines, place + 1, least=1)
    return _headed(lines, place + 1 if _RULE.match(line) else place, least=2)


def _title(words: str) -> bool:
    return words.strip(" -:\uff1a\t\u00a0").casefold() in marks().titles


def _headed(lines: list[str], place: int, *, least: int) -> bool:
    """Return whether headers of a mail stand here: a subject or an address among them, so that a list of one's own is none."""
    words, found = marks(), 0
    sure = False
    first = True
    for line in lines[place : place + BLOCK]:
        if not line.strip():
            if found:
                break
            continue
        label = _LABEL.match(line[:LINE])
        name = label[1].casefold() if label else ""
        if name not in words.labels:
            if first:
                return False
            continue
        first = False
        found += 1
        sure = sure or name in words.subjects or bool(label and ADDRESS.search(label[2]))
    return sure and found >= least


def _signed(lines: list[str]) -> list[str]:
    """The lines without a signature and without what a telephone adds."""
    words = marks()
    lines = [one for one in lines if len(one) > SIGNATURE_LINE or not one.strip().casefold().startswith(words.sent_from)]
    for place in range(max(0, len(lines) - 2 * SIGNATURE_LINES), len(lines)):
        closes = lines[place].strip(" ,.!\t").casefold() in words.closings
        if (closes or _DELIMITER.match(lines[place])) and _only_a_name(lines[place + 1 :]):
            return lines[:place]
    return lines


def _only_a_name(rest: Sequence[str]) -> bool:
    """Return whether nothing is said any more: a few short lines, no question, no order number."""
    said = [one for one in rest if one.strip()]
    short = len(said) <= SIGNATURE_LINES and all(len(one) <= SIGNATURE_LINE for one in said)
    return short and not any("?" in one or _REFERENCE.search(one) for one in said)


def _sentences(ours: Sequence[str]) -> list[str]:
    left, found = OURS_READ, dict[str, None]()
    for text in ours:
        text = text[:left]
        left -= len(text)
        found |= {one.strip(): None for one in _SENTENCE.findall(text) if len(one.split()) >= FEWEST_WORDS}
    return list(found)

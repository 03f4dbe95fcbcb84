"""A customer's own words in a mail: quotes, forwarded blocks and signatures are left out; what is unmarked stays.

Marks of each language stand in its pack; lines above a quote are also recognised by mail_parser_reply, which knows more
languages. Only short windows are given to it: over a whole text its patterns take quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from handrail.domain.text.packs import Packs, packs

LINE = 200
"""Characters of a line that can be a mark; longer ones are sentences."""
WINDOW = 3
"""Lines over which a mail program may break the line above a quote."""
ASKED = 10
"""Lines of one text about which the library is asked."""
BLOCK = 8
"""Lines within which the headers of an older mail stand."""
SIGNATURE_LINES, SIGNATURE_LINE = 8, 80
FEWEST_WORDS = 4
"""Shorter sentences of ours ("Thank you.") are anybody's."""
OURS_READ = 20_000
"""Characters of our own words that are looked for."""
COLONS = (":", "\uff1a")

_QUOTE = re.compile(r"^[ \t]*>")
_SUM = re.compile(r"^[ \t]*>[ \t]*\d")
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,120}|<[^<>\n]{1,120}>|\[mailto:")
_DAY = re.compile(r"\b\d{4}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
_DASHED = re.compile(r"^[ \t]*[-_*=]{2,40}[ \t]*([^\W\d_][^\n]{3,60}?)[ \t]*[-_*=]{2,40}[ \t]*$")
_RULE = re.compile(r"^[ \t]*[_-]{20,}[ \t]*$")
_LABEL = re.compile(
    r"^[ \t]*\*?([^\W\d_][^\W\d_ -]*(?:[ -][^\W\d_]+){0,2})[ \t]?\*?[ \t\u00a0\u202f]?[:\uff1a][ \t*]*(.{0,200})$"
)
_DELIMITER = re.compile(r"^(?:--|__) ?$")
_REFERENCE = re.compile(r"\b[A-Za-z]{1,4}[-_]?\d{3,}\b|#\d{3,}\b")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_READABLE = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Marks:
    """The words of all languages, folded."""

    wrote: re.Pattern[str]
    subjects: frozenset[str]
    labels: frozenset[str]
    titles: frozenset[str]
    sent_from: tuple[str, ...]
    closings: frozenset[str]


def own_words(text: str, ours: Sequence[str] = ()) -> str:
    """Give what the customer wrote themselves; the whole text where nothing of it is theirs.

    `ours` are texts that we sent in this case, newest first: their sentences are left out even where nothing marks them.
    """
    return cut(text, ours) or unsaid(text, ours) or text


def unsaid(text: str, ours: Sequence[str]) -> str:
    """Give the text without our own sentences, however a mail program has broken and marked them; empty where none is left."""
    there = set(re.sub(r"[>*|]", " ", text.casefold()).split()) if ours else set[str]()
    for sentence in _sentences(ours):
        words = sentence.split()
        if there.issuperset(sentence.casefold().split()):
            text = re.sub(r"[\s>*|]+".join(map(re.escape, words)), " ", text, flags=re.IGNORECASE)
    return text.strip() if _READABLE.search(text) else ""


def cut(text: str, ours: Sequence[str] = ()) -> str:
    """Give what the customer wrote themselves; empty where everything is quoted, forwarded, or said by us before."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = "\n".join(_signed(list(_unquoted(lines))))
    return re.sub(r"\n{3,}", "\n\n", unsaid(kept, ours))


def _unquoted(lines: list[str]) -> Iterator[str]:
    """The lines that no mark says to be older. Below a quote that is marked line by line, what is unmarked is an answer."""
    lonely = sum(bool(_QUOTE.match(one)) for one in lines) == 1
    place, budget = 0, ASKED
    while place < len(lines):
        line = lines[place]
        if _QUOTE.match(line) and not (lonely and _SUM.match(line)):
            place += 1
            continue
        window, length = _ends_in_a_colon(lines, place)
        dated = bool(window) and _dated(window)
        introduces = bool(window and _marks().wrote.search(window.casefold()))
        if dated and not introduces and budget:
            budget -= 1
            introduces = bool(_headers().search(window))
        if introduces and _quoted_after(lines, place + length):
            place += length
            continue
        if (introduces and dated) or _older(lines, place):
            return
        yield line
        place += 1


def _quoted_after(lines: list[str], place: int) -> bool:
    following = next((one for one in lines[place : place + WINDOW] if one.strip()), "")
    return bool(_QUOTE.match(following))


def _ends_in_a_colon(lines: list[str], place: int) -> tuple[str, int]:
    """The lines from `place` to the first one that ends in a colon, as one, and how many; empty where none of them does."""
    window = ""
    for length in range(1, WINDOW + 1):
        line = lines[place + length - 1].strip() if place + length <= len(lines) else ""
        if not line or len(line) > LINE:
            break
        window = " ".join([window, *line.split()]).strip()
        if line.endswith(COLONS):
            return window, length
    return "", 0


def _dated(window: str) -> bool:
    """Return whether the text says who or when as only a program writes it: then all that follows is older, marked or not."""
    return bool(_ADDRESS.search(window) or (_DAY.search(window) and _CLOCK.search(window)))


def _older(lines: list[str], place: int) -> bool:
    """Return whether an older mail begins here: a title between dashes or before a colon, or a list of headers."""
    line = lines[place].strip()
    if not line or len(line) > LINE:
        return False
    dashed = _DASHED.match(line)
    if dashed and _title(dashed[1]):
        return True
    if line.endswith(COLONS) and _title(line):
        return _headed(lines, place + 1, least=1)
    return _headed(lines, place + 1 if _RULE.match(line) else place, least=2)


def _title(words: str) -> bool:
    return words.strip(" -:\uff1a\t\u00a0").casefold() in _marks().titles


def _headed(lines: list[str], place: int, *, least: int) -> bool:
    """Return whether headers of a mail stand here: a subject or an address among them, so that a list of one's own is none."""
    marks, found = _marks(), 0
    sure = False
    first = True
    for line in lines[place : place + BLOCK]:
        if not line.strip():
            if found:
                break
            continue
        label = _LABEL.match(line[:LINE])
        name = label[1].casefold() if label else ""
        if name not in marks.labels:
            if first:
                return False
            continue
        first = False
        found += 1
        sure = sure or name in marks.subjects or bool(label and _ADDRESS.search(label[2]))
    return sure and found >= least


def _signed(lines: list[str]) -> list[str]:
    """The lines without a signature and without what a telephone adds."""
    marks = _marks()
    lines = [one for one in lines if len(one) > SIGNATURE_LINE or not one.strip().casefold().startswith(marks.sent_from)]
    for place in range(max(0, len(lines) - 2 * SIGNATURE_LINES), len(lines)):
        closes = lines[place].strip(" ,.!\t").casefold() in marks.closings
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


def _marks() -> Marks:
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

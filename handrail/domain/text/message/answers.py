"""A customer's answer to a question with yes or no, read by words that packs list. What is not sure to be a yes is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache

from handrail.domain.text.message.mail import own_words
from handrail.domain.text.message.signs import signed, signs_of
from handrail.domain.text.packs import Packs, packs
from handrail.domain.text.plain import clean
from handrail.domain.text.scripts import pieces, unaccented

READ = 2_000
"""Characters of an answer that are read; whoever writes more than a yes says something else."""
NEAR = 8
"""A no among so few words is an answer; in a longer text it has to come first."""
EVERYWHERE = "en"
TYPO_FROM = 6
SHARED = 5
_ASKS = re.compile(r"[?\u00bf\u061f]|(?<=[\u0370-\u03ff\u1f00-\u1fff]);")
"""Marks of a question; behind Greek letters the semicolon is such a mark."""
_CLAUSES = re.compile(r"[.!?\u2026;,:\n\u061f\u0964\u3001\u3002\uff01\uff0c\uff1f]+|\s[-\u2013\u2014]+\s")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_MARKS = (
    ('"', '"'),
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c\u201d"),
    ("\u00ab", "\u00bb"),
    ("\u00bb", "\u00ab"),
    ("\u2039", "\u203a"),
    ("\u201d", "\u201d"),
    ("\u300c", "\u300d"),
    ("\u300e", "\u300f"),
    ("\u05f4", "\u05f4"),
)
_QUOTED = re.compile(
    "|".join(f"{opens}[^{closes}\n]{{0,500}}[{closes}]" for opens, closes in _MARKS)
    + r"|(?<!\w)['\u2018\u201a][^'\u2018\u2019\n]{0,500}['\u2018\u2019](?!\w)"
)
Phrase = tuple[str, ...]
Index = dict[str, list[tuple[Phrase, str]]]


class Consent(StrEnum):
    """The answer: a clear yes or no, something between them, or words about something else."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    OTHER = "other"


def read_answer(texts: Sequence[str], language: str, asked: Sequence[str] = (), ours: Sequence[str] = ()) -> Consent:
    """Read the customer's `texts`, all together, as the answer to what was `asked`.

    A yes is clear where every word is a yes, courtesy, or an echo of what was asked, and every emoji or symbol agrees; an
    identifier or number counts as an echo only if each line of `asked` holds it. Words that are quoted, and `ours`, are not
    the customer's.
    """
    text = "\n".join(unquoted(clean(text), ours) for text in texts)
    if len(text) > READ:
        return Consent.OTHER
    words, signs = words_of(text), signs_of(text)
    if not words and "no" not in signs:
        return Consent.UNSURE if text.strip() else Consent.OTHER
    found = [*kinds_of(words, language, [frozenset(words_of(one)) for one in asked]), *signs]
    return _weighed(found, words, question=_ASKS.search(text) is not None)


def takes_back(texts: Sequence[str], language: str, asked: Sequence[str] = (), ours: Sequence[str] = ()) -> bool:
    """Return whether `texts`, which came after a clear yes to what was `asked`, take it back or put it in doubt.

    One clause of them is enough: a no at its beginning, a no or a doubt among few words, and at any length a no beside an echo
    of what was asked ("do not cancel it") or in several words ("changed my mind"). A false alarm costs a person's look.
    """
    lines = [frozenset(words_of(one)) for one in asked]
    spoken = "\n".join(unquoted(clean(text[:READ]), ours) for text in texts)
    return any(_doubts(clause, language, lines) for clause in _CLAUSES.split(spoken))


def _doubts(clause: str, language: str, asked: Sequence[frozenset[str]]) -> bool:
    words = words_of(clause)
    found = [*phrases_of(words, language, asked), *(((), kind) for kind in signs_of(clause) if kind != "unknown")]
    kinds = [kind for _, kind in found]
    if "no" not in kinds:
        return "unsure" in kinds and len(words) <= NEAR
    said = [kind for kind in kinds if kind not in ("polite", "about")]
    several = any(kind == "no" and len(phrase) > 1 for phrase, kind in found)
    return said[0] == "no" or len(words) <= NEAR or several or bool({"about", "part"} & set(kinds))


def unquoted(text: str, ours: Sequence[str]) -> str:
    """Return the customer's own words; of a message that is nothing but a quote, none."""
    kept = "\n".join(line for line in own_words(text, ours).splitlines() if not line.lstrip().startswith((">", "|")))
    return _QUOTED.sub(" ", kept)


def words_of(text: str) -> list[str]:
    """Return the words of `text` in the form in which they are compared: without case, accents and stretched letters.

    A sign before a number is part of it.
    """
    return pieces(signed(_STRETCHED.sub(r"\1", unaccented(clean(text).casefold()))))


def _weighed(found: Sequence[str], words: Sequence[str], *, question: bool) -> Consent:
    kinds = set(found)
    if "yes" not in kinds:
        said = [one for one in found if one not in ("polite", "about")]
        if "no" in kinds and (said[0] == "no" or len(words) <= NEAR) and "unsure" not in kinds:
            return Consent.NO
        return Consent.UNSURE if "unsure" in kinds and len(words) <= NEAR else Consent.OTHER
    if question or kinds & {"but", "foreign"}:
        return Consent.OTHER
    return Consent.UNSURE if kinds & {"no", "unsure", "unknown", "part"} else Consent.YES


def kinds_of(words: Sequence[str], language: str, asked: Sequence[frozenset[str]]) -> list[str]:
    """Return the kind of each phrase from left to right, the longest first; `unknown` for words that no list has."""
    return [kind for _, kind in phrases_of(words, language, asked)]


def phrases_of(words: Sequence[str], language: str, asked: Sequence[frozenset[str]]) -> list[tuple[Phrase, str]]:
    """Return each phrase from left to right with its kind."""
    index = _indexed(packs(), language)
    pack = packs().by_code.get(language)
    exact = pack is not None and pack.answers.exact
    found: list[tuple[Phrase, str]] = []
    place = 0
    while place < len(words):
        length, kind = _phrase(index, words, place)
        if not length:
            length, kind = 1, _other(words[place], index, asked, exact)
        found.append((tuple(words[place : place + length]), kind))
        place += length
    return found


def _phrase(index: Index, words: Sequence[str], place: int) -> tuple[int, str]:
    for phrase, kind in index.get(words[place], ()):
        if tuple(words[place : place + len(phrase)]) == phrase:
            return len(phrase), kind
    return 0, ""


def _other(word: str, index: Index, asked: Sequence[frozenset[str]], exact: bool) -> str:
    """Return the kind of a word that stands in no list: an echo, a foreign number, a slip of the pen, or unknown."""
    holding = sum(word in line if exact else _echoes(word, line) for line in asked)
    if any(one.isdigit() for one in word):
        return "about" if asked and holding == len(asked) else "part" if holding else "foreign"
    if holding:
        return "about" if holding == len(asked) else "part"
    if exact:
        return "unknown"
    return next((kind for known in _near(index) if _slip(word, known) for kind in [index[known][-1][1]]), "unknown")


def _echoes(word: str, line: frozenset[str]) -> bool:
    if word in line or any(one.isdigit() for one in word):
        return word in line
    return len(word) > SHARED and any(one[:SHARED] == word[:SHARED] for one in line if len(one) > SHARED)


def _near(index: Index) -> list[str]:
    """Return single words of a yes or of courtesy that are long enough to be told with one letter wrong."""
    return [
        word
        for word, listed in index.items()
        if len(word) >= TYPO_FROM and len(listed[-1][0]) == 1 and listed[-1][1] in ("yes", "polite")
    ]


def _slip(word: str, known: str) -> bool:
    """Return whether one letter is wrong, missing, too many, or changed places with its neighbour; never the first."""
    if abs(len(word) - len(known)) > 1 or len(word) < TYPO_FROM - 1 or word[:2] != known[:2]:
        return False
    start = next((place for place, (one, other) in enumerate(zip(word, known, strict=False)) if one != other), None)
    if start is None:
        return True
    rest, wanted = word[start:], known[start:]
    swapped = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


@cache
def _indexed(known: Packs, language: str) -> Index:
    """Return the phrases by their first word, long ones first; of one phrase the case's own language has the say."""
    phrases: dict[Phrase, str] = {}
    for code in dict.fromkeys((EVERYWHERE, language)):
        pack = known.by_code.get(code)
        for kind in ("about", "polite", "but", "yes", "no", "unsure") if pack else ():
            for phrase in _phrases(getattr(pack.answers, kind) if pack else ()):
                phrases[phrase] = kind
    index: Index = {}
    for phrase, kind in sorted(phrases.items(), key=lambda one: -len(one[0])):
        index.setdefault(phrase[0], []).append((phrase, kind))
    return index


def _phrases(listed: Iterable[str]) -> Iterable[Phrase]:
    return (tuple(words) for words in map(words_of, listed) if words)

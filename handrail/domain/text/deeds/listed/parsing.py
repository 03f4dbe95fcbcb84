"""Text to sentences: each in its own language, its marks cut out, its words with their meanings."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from handrail.domain.text.deeds.lexicon import LANGUAGES, MARKED, Classes, Lexicon, lexicons, spoken_in, tells, tokens
from handrail.domain.text.deeds.listed.clauses import NO_CLASSES, Mark, Sentence, Unit
from handrail.domain.text.deeds.listed.joining import joined, parts_of
from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.plain import compact
from handrail.domain.text.sentences import SentenceSpan as Piece
from handrail.domain.text.sentences import sentences

_DEEDS = ("done:", "own:", "ahead:", "noun:", "act")
_OWN_LANGUAGE, _WHOLE_REPLY = 1.5, 2.0
_MARKUP = re.compile(r"[*_`~#>]+")
_BULLET = re.compile(r"^\s*(?:[-*•–·]|\d{1,2}[.)](?=\s))\s*")
_NUMBERED = re.compile(r"\d{1,2}\.")
_SHORT = 4
_LONGEST_COUNT = 20
_LONGEST = 80
_IN_WORDS = 10
"""Smaller numbers in words are words of the lexicon."""


def parsed(text: str, language: str | None) -> list[Sentence]:
    """Each sentence of clean `text` in the language that most of its words are of; `language` and the rest settle a tie."""
    marks = deque(_marks(text, language))
    prepared = [(one, *_prepared(text[one.start : one.end], one.start, marks)) for one in _lines(text)]
    votes = [_votes(words) for _, words, _ in prepared]
    whole: Counter[str] = sum(votes, Counter())
    most = max(whole.values(), default=0) or 1
    prior = {one: _WHOLE_REPLY * whole[one] / most + _OWN_LANGUAGE * (one == language) for one in LANGUAGES}
    return [
        _sentence(piece.text, words, left, max(LANGUAGES, key=lambda one: vote[one] + prior[one]))
        for (piece, cut, found), vote in zip(prepared, votes, strict=True)
        if found or any(map(tells, cut))
        for left in (iter(found),)
        for words in _pieces(cut)
    ]


def _lines(text: str) -> Iterator[Piece]:
    """Sentences; the number of a line in a list is none by itself."""
    numbered: Piece | None = None
    for one in sentences(text):
        if numbered is not None and "\n" not in text[numbered.end : one.start]:
            one = Piece(numbered.start, one.end, text[numbered.start : one.end])
        numbered = one if _NUMBERED.fullmatch(one.text) else None
        if numbered is None:
            yield one


def _pieces(words: list[str]) -> Iterator[list[str]]:
    """A sentence without end is read in pieces, so that no text takes long."""
    for place in range(0, max(len(words), 1), _LONGEST):
        yield words[place : place + _LONGEST]


def _votes(words: Sequence[str]) -> Counter[str]:
    return Counter(language for word in set(words) for language in spoken_in(word))


def _prepared(text: str, start: int, marks: deque[tuple[int, int, Mark]]) -> tuple[list[str], list[Mark]]:
    """The words of the sentence that starts at `start`, marks cut out; and the marks in their order."""
    found: list[Mark] = []
    pieces: list[str] = []
    end = 0
    while marks and marks[0][0] < start + len(text):
        begin, stop, mark = marks.popleft()
        if begin - start >= end:
            pieces += [text[end : begin - start], f" {MARKED} "]
            found.append(mark)
            end = stop - start
    pieces.append(text[end:])
    return tokens(_MARKUP.sub(" ", _BULLET.sub("", "".join(pieces))).lower()), found


def _mentioned(text: str, language: str | None) -> list[Mention]:
    """All mentions. Where the language is not known, numbers in words are read in the likeliest."""
    found = mentions(text, language)
    if language is None:
        votes = _votes(tokens(text.lower()))
        likely = max(LANGUAGES, key=lambda one: votes[one])
        taken = {place for one in found for place in range(one.start, one.end)}
        found += [one for one in mentions(text, likely) if _in_words(one) and one.start not in taken]
        found.sort(key=lambda one: one.start)
    return found


def _in_words(one: Mention) -> bool:
    return one.kind == "number" and one.shown[:1].isalpha() and one.readings[0] > _IN_WORDS


def _marks(text: str, language: str | None) -> Iterator[tuple[int, int, Mark]]:
    for one in _mentioned(text, language):
        if one.kind == "identifier":
            known = not (one.shown.isdigit() and len(one.shown) <= _SHORT)
            yield one.start, one.end, Mark("id" if known else "other", one.shown, compact(one.shown))
        elif one.kind == "amount" or (
            one.kind == "number" and one.shown[:1].isdigit() and any(value % 1 for value in one.readings)
        ):
            yield one.start, one.end, Mark("amount", one.shown, readings=one.readings, currencies=one.currencies)
        elif one.kind == "percent" and one.shown[:1].isdigit():
            yield one.start, one.end, Mark("percent", one.shown, readings=one.readings)
        elif _in_words(one):
            yield one.start, one.end, Mark("number", one.shown, readings=one.readings)
        elif one.kind not in ("number", "unread", "percent") and any(map(str.isdigit, one.shown)):
            yield one.start, one.end, Mark("other", one.shown)


def _sentence(text: str, words: list[str], marks: Iterator[Mark], language: str) -> Sentence:
    lexicon = lexicons()[language]
    sentence = Sentence(
        text,
        language,
        item=bool(_BULLET.match(text)),
        opens=text.rstrip().endswith((":", "–", "—")),
        question=text.rstrip(" *_)\"'»”").endswith("?"),
    )
    sentence.clauses = joined(list(parts_of(_units(words, marks, lexicon), lexicon)), asked=sentence.question)
    return sentence


def _units(words: list[str], marks: Iterator[Mark], lexicon: Lexicon) -> Iterator[Unit]:
    place = 0
    before = NO_CLASSES
    while place < len(words):
        word = words[place]
        size, names = (1, NO_CLASSES) if word == MARKED else lexicon.phrase(words, place)
        if word == MARKED:
            unit = Unit(word, NO_CLASSES, next(marks))
        elif size:
            unit = Unit(" ".join(words[place : place + size]), names)
        else:
            size, unit = 1, _word(word, before, lexicon)
        yield unit
        before = unit.classes
        place += size


def _word(word: str, before: Classes, lexicon: Lexicon) -> Unit:
    if word.isdigit():
        if "object" in before and len(word) >= 3:
            return Unit(word, NO_CLASSES, Mark("id", word, word))
        return Unit(word, frozenset({"count"}) if 2 <= int(word[:4]) <= _LONGEST_COUNT else frozenset({"light"}))
    names = lexicon.classes(word)
    if word in lexicon.numbers:
        return Unit(word, names | {"count"})
    if not names and len(word) > 3:
        # A word of another language that names a deed names it here, too.
        foreign = {name for classes in spoken_in(word).values() for name in classes if name.startswith(_DEEDS)}
        return Unit(word, frozenset(foreign))
    return Unit(word, names)

"""Sentences as clauses of units: words with their meanings, identifiers and amounts."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

from handrail.domain.text.deeds.lexicon import LANGUAGES, MARKED, Classes, Lexicon, lexicons, spoken_in, tells, tokens
from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.plain import compact
from handrail.domain.text.sentences import SentenceSpan as Piece
from handrail.domain.text.sentences import sentences

_NONE: Classes = frozenset()
_DEEDS = ("done:", "own:", "ahead:", "noun:", "act")
_PREDICATES = frozenset({"act", "way", "generic", "receive", "arrive", "give", "pred", "other", "new_address"})
_SPLITS = ("that", "but", "or", "join")
_STRONG = frozenset(";:–—•")
_OWN_LANGUAGE, _WHOLE_REPLY = 1.5, 2.0
_MARKUP = re.compile(r"[*_`~#>]+")
_BULLET = re.compile(r"^\s*(?:[-*•–·]|\d{1,2}[.)](?=\s))\s*")
_NUMBERED = re.compile(r"\d{1,2}\.")
_SHORT = 4
_LONGEST_COUNT = 20
_LONGEST = 80
_IN_WORDS = 10
"""Smaller numbers in words are words of the lexicon."""
_CACHED = 20_000

MarkKind = Literal["id", "amount", "percent", "number", "other"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An identifier (its `value` in compact form), an amount, a percentage or a number in words with what it may mean.

    `shown` is as written.
    """

    kind: MarkKind
    shown: str
    value: str = ""
    readings: tuple[Decimal, ...] = ()
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or a phrase with what it means, or a mark."""

    text: str
    classes: Classes = _NONE
    mark: Mark | None = None

    def kinds(self, form: str) -> frozenset[str]:
        """The kinds of deeds of which this is the `form`: done, own, ahead, verb, noun or act."""
        return _kinds(self.classes, form)


@lru_cache(_CACHED)
def _kinds(classes: Classes, form: str) -> frozenset[str]:
    start = f"{form}:"
    return frozenset(name.removeprefix(start) for name in classes if name.startswith(start))


@dataclass(slots=True)
class Clause:
    """A clause, with one predicate. `after` is what parts it from the clause before: that, but, or, join, punct or nothing.

    `helped` says that an auxiliary stands in it, `strange` that words do which could be what it helps.
    """

    units: list[Unit]
    after: str = ""
    comma: str = ""
    predicate: bool = False
    question: bool = False
    denied: bool = False
    helped: bool = False
    strange: bool = False

    def first(self, *names: str) -> int | None:
        """The place of the first unit of one of these classes."""
        return next((place for place, unit in enumerate(self.units) if unit.classes & set(names)), None)

    def has(self, *names: str) -> bool:
        """Return whether a unit has one of these classes."""
        return any(unit.classes & set(names) for unit in self.units)

    def marks(self, kind: MarkKind) -> list[Mark]:
        """The identifiers or the amounts in it."""
        return [unit.mark for unit in self.units if unit.mark and unit.mark.kind == kind]


@dataclass(slots=True)
class Sentence:
    """A sentence with its clauses; `item` says that it is one of a list, `opens` that it ends with a colon."""

    text: str
    language: str
    clauses: list[Clause] = field(default_factory=list)
    item: bool = False
    opens: bool = False
    question: bool = False

    @property
    def units(self) -> Iterator[Unit]:
        """Every unit of every clause."""
        return (unit for clause in self.clauses for unit in clause.units)


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
    sentence.clauses = _joined(list(_segments(_units(words, marks, lexicon), lexicon)), asked=sentence.question)
    return sentence


def _units(words: list[str], marks: Iterator[Mark], lexicon: Lexicon) -> Iterator[Unit]:
    place = 0
    before = _NONE
    while place < len(words):
        word = words[place]
        size, names = (1, _NONE) if word == MARKED else lexicon.phrase(words, place)
        if word == MARKED:
            unit = Unit(word, _NONE, next(marks))
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
            return Unit(word, _NONE, Mark("id", word, word))
        return Unit(word, frozenset({"count"}) if 2 <= int(word[:4]) <= _LONGEST_COUNT else frozenset({"light"}))
    names = lexicon.classes(word)
    if word in lexicon.numbers:
        return Unit(word, names | {"count"})
    if not names and len(word) > 3:
        # A word of another language that names a deed names it here, too.
        foreign = {name for classes in spoken_in(word).values() for name in classes if name.startswith(_DEEDS)}
        return Unit(word, frozenset(foreign))
    return Unit(word, names)


def _segments(units: Iterator[Unit], lexicon: Lexicon) -> Iterator[Clause]:
    current = Clause([])
    for unit in units:
        mark = unit.text if len(unit.text) == 1 and not unit.text.isalnum() and unit.text != MARKED else ""
        split = "punct" if mark and mark not in "&+" else "join" if mark else _split(unit, current)
        if not split:
            current.units.append(unit)
            continue
        if current.units:
            yield _closed(current, lexicon)
            current = Clause([])
        current.comma = mark or current.comma
        if split != "punct":
            current.after = split
            if not mark:
                current.units.append(replace(unit, classes=unit.classes & {*_SPLITS, "light", "neg", "also", "same", "pair"}))
        elif not current.after:
            current.after = "punct"
    if current.units:
        yield _closed(current, lexicon)


def _split(unit: Unit, current: Clause) -> str:
    # 'Sia A che B', 'zowel A als B': the second half of a pair.
    if unit.classes & {"that", "cond"} and current.has("pair") and current.marks("id"):
        return "join"
    return next((name for name in _SPLITS if name in unit.classes), "")


def _closed(clause: Clause, lexicon: Lexicon) -> Clause:
    excluded = clause.first("except")
    if excluded is not None:
        clause.units[excluded:] = [
            replace(unit, mark=replace(unit.mark, kind="other")) if unit.mark else unit for unit in clause.units[excluded:]
        ]
    acts = clause.has("own", "will", "managed")
    clause.predicate = any(unit.classes & _PREDICATES or _acts(unit, acts=acts) for unit in clause.units)
    clause.helped = clause.has("aux", "will", "unsure", "managed")
    unknown = [unit.text for unit in clause.units if not unit.classes and not unit.mark]
    participles = not lexicon.verb_last or clause.has("be") or any(_participle().fullmatch(word) for word in unknown)
    clause.strange = bool(unknown) and participles
    clause.predicate = clause.predicate or (clause.helped and clause.strange)
    return clause


def _acts(unit: Unit, *, acts: bool) -> bool:
    """Return whether the unit is a deed's verb; 'refund' is one only where somebody refunds."""
    named = unit.kinds("noun")
    return any(acts or not kind_is_named for form in _FORMS for kind_is_named in (kind in named for kind in unit.kinds(form)))


_FORMS = ("done", "own", "ahead", "verb", "act")


@cache
def _participle() -> re.Pattern[str]:
    """A German or Dutch participle or infinitive by its looks."""
    return re.compile(
        r"\w*ge\w{2,}(?:t|en|d)|\w{3,}iert|(?:ver|be|er|ent|zer|über|unter|her|ont)\w{2,}(?:t|en|d)|\w{3,}(?:en)"
    )


def _joined(segments: list[Clause], *, asked: bool) -> list[Clause]:
    clauses: list[Clause] = []
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        segment.question = asked and last
        if segment.after == "punct" and segment.comma == "¿":
            clauses.append(segment)
        elif segment.predicate:
            if clauses and _waits(clauses[-1], segment):
                _extend(clauses[-1], segment)
            else:
                clauses.append(segment)
        else:
            _attach(clauses, segment, segments[place + 1 :])
    return clauses


def _waits(clause: Clause, following: Clause) -> bool:
    """Return whether a clause without a predicate takes that of the next."""
    if clause.predicate or clause.denied or following.after == "that":
        return False
    if following.after == "but":
        return clause.has("aux", "unsure", "will", "managed")
    if clause.has("neg", "cond"):
        return following.after in ("join", "or") or len(clause.units) == 1
    return True


def _attach(clauses: list[Clause], segment: Clause, rest: list[Clause]) -> None:
    if segment.after == "that" or not clauses:
        clauses.append(segment)
    elif segment.has("neg", "cond") and not segment.has("not_only"):
        segment.denied = True
        clauses.append(segment)
    elif not clauses[-1].predicate and not clauses[-1].denied:
        _extend(clauses[-1], segment) if segment.after != "but" else clauses.append(segment)
    elif clauses[-1].denied and not (segment.comma and segment.after in ("join", "punct")):
        clauses[-1].units += segment.units
    elif _forward(segment, rest):
        clauses.append(segment)
    else:
        target = next((one for one in reversed(clauses) if one.predicate), clauses[-1])
        tag = segment.question and segment.after == "punct" and not segment.marks("id")
        _extend(target, segment)
        target.question = target.question and not tag


def _extend(clause: Clause, segment: Clause) -> None:
    clause.units += segment.units
    clause.helped = clause.helped or segment.helped
    clause.strange = clause.strange or segment.strange
    clause.predicate = clause.predicate or segment.predicate or (clause.helped and clause.strange)
    clause.question = clause.question or segment.question


def _forward(segment: Clause, rest: list[Clause]) -> bool:
    """Return whether a list of objects is the subject of the clause that follows, and no more of the one before."""
    following = next((one for one in rest if one.predicate), None)
    if following is None or following.after == "that":
        return False
    if segment.has("unsure", "will", "managed") or (
        segment.comma in _STRONG and following.after == "punct" and not following.marks("id")
    ):
        return True
    if following.after == "but":
        return False
    between = rest[: rest.index(following)]
    bare = not any(one.comma for one in [*between, following])
    leads = _leads(following)
    if segment.after == "punct" and bare and leads and following.after in ("join", "or"):
        return True
    deed = any(unit.kinds(form) for unit in following.units for form in _FORMS)
    return segment.after == "punct" and following.after == "punct" and deed and not following.marks("id")


def _leads(clause: Clause) -> bool:
    """Return whether an identifier stands before the predicate."""
    for unit in clause.units:
        if unit.mark and unit.mark.kind == "id":
            return True
        if unit.classes & (_PREDICATES | {"aux"}) or any(unit.kinds(form) for form in _FORMS):
            return False
    return False

"""Sentences as clauses of units: words with their meanings, identifiers and amounts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Literal

from handrail.domain.figures import claims, compact
from handrail.domain.text.lexicon import LANGUAGES, MARKED, Classes, Lexicon, lexicons, spoken_in, tokens

_NONE: Classes = frozenset()
_DEEDS = ("done:", "own:", "ahead:", "noun:", "act")
_PREDICATES = frozenset({"act", "way", "generic", "receive", "arrive", "give", "pred", "other", "new_address"})
_SPLITS = ("that", "but", "or", "join")
_STRONG = frozenset(";:–—•")
_OWN_LANGUAGE, _WHOLE_REPLY = 1.5, 2.0
_MARKUP = re.compile(r"[*_`~#>]+")
_BULLET = re.compile(r"^\s*(?:[-*•–·]|\d{1,2}[.)](?=\s))\s*")
_LONGEST_COUNT = 20
_LONGEST = 120

MarkKind = Literal["id", "amount", "other"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An identifier (its `value` in compact form) or an amount; `shown` is as written."""

    kind: MarkKind
    shown: str
    value: str = ""
    amount: Decimal | None = None
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or a phrase with what it means, or a mark."""

    text: str
    classes: Classes = _NONE
    mark: Mark | None = None

    def kinds(self, form: str) -> set[str]:
        """The kinds of deeds of which this is the `form`: done, own, ahead, verb, noun or act."""
        start = f"{form}:"
        return {name.removeprefix(start) for name in self.classes if name.startswith(start)}


@dataclass(slots=True)
class Clause:
    """What has one predicate. `after` is what parts it from the clause before: that, but, or, join, punct or nothing."""

    units: list[Unit]
    after: str = ""
    comma: str = ""
    predicate: bool = False
    question: bool = False
    denied: bool = False

    def first(self, *names: str) -> int | None:
        """The place of the first unit of one of these classes."""
        return next((place for place, unit in enumerate(self.units) if unit.classes & set(names)), None)

    def has(self, *names: str) -> bool:
        """Whether a unit has one of these classes."""
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


def parsed(sentences: Sequence[str], language: str | None) -> list[Sentence]:
    """Each sentence in the language that most of its words are of; `language` and the rest of the reply settle a tie."""
    prepared = [(words, iter(marks)) for words, marks in map(_prepared, sentences)]
    votes = [_votes(words) for words, _ in prepared]
    whole: Counter[str] = sum(votes, Counter())
    most = max(whole.values(), default=0) or 1
    prior = {one: _WHOLE_REPLY * whole[one] / most + _OWN_LANGUAGE * (one == language) for one in LANGUAGES}
    return [
        _sentence(text, words, marks, max(LANGUAGES, key=lambda one: vote[one] + prior[one]))
        for text, (cut, marks), vote in zip(sentences, prepared, votes, strict=True)
        for words in _pieces(cut)
    ]


def _pieces(words: list[str]) -> Iterator[list[str]]:
    """A sentence without end is read in pieces, so that no text takes long."""
    for place in range(0, max(len(words), 1), _LONGEST):
        yield words[place : place + _LONGEST]


def _votes(words: Sequence[str]) -> Counter[str]:
    return Counter(language for word in set(words) for language in spoken_in(word))


def _prepared(text: str) -> tuple[list[str], list[Mark]]:
    """The words of the text, marks cut out; and the marks in their order."""
    marks: list[Mark] = []
    pieces: list[str] = []
    end = 0
    text = text.replace(MARKED, " ")
    for start, stop, mark in _marks(text):
        if start < end:
            continue
        pieces += [text[end:start], f" {MARKED} "]
        marks.append(mark)
        end = stop
    pieces.append(text[end:])
    return tokens(_MARKUP.sub(" ", _BULLET.sub("", "".join(pieces))).lower()), marks


def _marks(text: str) -> list[tuple[int, int, Mark]]:
    found = []
    for claim in claims(text):
        start = text.find(claim.shown, claim.start)
        if claim.kind == "identifier" and not (claim.shown.isdigit() and len(claim.shown) <= 4):
            mark = Mark("id", claim.shown, compact(claim.shown))
        elif claim.kind == "amount":
            mark = Mark("amount", claim.shown, amount=claim.amount, currencies=claim.currencies)
        else:
            mark = Mark("other", claim.shown)
        found.append((start, start + len(claim.shown), mark))
    return sorted(found, key=lambda one: one[0])


def _sentence(text: str, words: list[str], marks: Iterator[Mark], language: str) -> Sentence:
    lexicon = lexicons()[language]
    sentence = Sentence(
        text,
        language,
        item=bool(_BULLET.match(text)),
        opens=text.rstrip().endswith((":", "–", "—")),
        question=text.rstrip(" *_)\"'»”").endswith("?"),
    )
    sentence.clauses = _joined(list(_segments(_units(words, marks, lexicon), lexicon)), lexicon, asked=sentence.question)
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
    clause.predicate = _is_predicate(clause, lexicon)
    return clause


def _is_predicate(clause: Clause, lexicon: Lexicon) -> bool:
    acts = clause.has("own", "will", "managed")
    if any(unit.classes & _PREDICATES or _acts(unit, acts=acts) for unit in clause.units):
        return True
    strange = [unit.text for unit in clause.units if not unit.classes and not unit.mark]
    if clause.first("aux", "will", "unsure") is None or not strange:
        return False
    return not lexicon.verb_last or clause.has("be") or any(_participle().fullmatch(word) for word in strange)


def _acts(unit: Unit, *, acts: bool) -> bool:
    """Whether the unit is a deed's verb; 'refund' is one only where somebody refunds."""
    named = unit.kinds("noun")
    return any(acts or not kind_is_named for form in _FORMS for kind_is_named in (kind in named for kind in unit.kinds(form)))


_FORMS = ("done", "own", "ahead", "verb", "act")


@cache
def _participle() -> re.Pattern[str]:
    """A German or Dutch participle or infinitive by its looks."""
    return re.compile(
        r"\w*ge\w{2,}(?:t|en|d)|\w{3,}iert|(?:ver|be|er|ent|zer|über|unter|her|ont)\w{2,}(?:t|en|d)|\w{3,}(?:en)"
    )


def _joined(segments: list[Clause], lexicon: Lexicon, *, asked: bool) -> list[Clause]:
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
            clauses[-1].predicate = clauses[-1].predicate or _is_predicate(clauses[-1], lexicon)
    return clauses


def _waits(clause: Clause, following: Clause) -> bool:
    """Whether a clause without a predicate takes that of the next."""
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
    clause.predicate = clause.predicate or segment.predicate
    clause.question = clause.question or segment.question


def _forward(segment: Clause, rest: list[Clause]) -> bool:
    """Whether a list of objects is the subject of the clause that follows, and no more of the one before."""
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
    """Whether an identifier stands before the predicate."""
    for unit in clause.units:
        if unit.mark and unit.mark.kind == "id":
            return True
        if unit.classes & (_PREDICATES | {"aux"}) or any(unit.kinds(form) for form in _FORMS):
            return False
    return False

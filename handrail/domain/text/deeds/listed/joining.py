"""Clauses of a sentence: cut where it has joints, and joined where a part has no predicate of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from handrail.domain.text.deeds.lexicon import MARKED, Lexicon
from handrail.domain.text.deeds.listed.clauses import Clause, Unit

_PREDICATES = frozenset({"act", "way", "generic", "receive", "arrive", "give", "pred", "other", "new_address"})
_SPLITS = ("that", "but", "or", "join")
_STRONG = frozenset(";:–—•")


def parts_of(units: Iterator[Unit], lexicon: Lexicon) -> Iterator[Clause]:
    """Cut the units where a joint or a stop parts them."""
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


def joined(segments: list[Clause], *, asked: bool) -> list[Clause]:
    """Join parts until each clause has one predicate; the last is asked where the sentence is."""
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

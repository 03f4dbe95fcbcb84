"""Statements that something has been done, found in a reply whatever its language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from handrail.domain.figures import clean
from handrail.domain.outlook import OUTLOOKS, Outlook
from handrail.domain.phrases import LANGUAGES, Deed, Phrases

STEMS: Mapping[str, tuple[str, ...]] = {
    "refund": ("refund", "reimburse"),
    "cancel": ("cancel",),
    "address": ("address",),
    "reset": ("reset", "password"),
}
_STATES: Mapping[str, frozenset[str]] = {
    "refund": frozenset({"refunded", "refunds", "reimbursed"}),
    "cancel": frozenset({"cancelled", "canceled"}),
}
_BESIDE = frozenset({"partially", "partly", "fully", "order", "payment", "status"})
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CLAUSE = re.compile(r"[,;:—–](?=\s|$)")
_NEAR = 2
_MARKUP = re.compile(r"[*_`~#>]+")


@dataclass(frozen=True, slots=True)
class Promise:
    """`kind` is a key of `STEMS`; `own` says that the speaker claims to have done it; `sentence` is where it stands."""

    kind: str
    sentence: str
    own: bool


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: str
    own: bool
    said: re.Pattern[str]
    noun: re.Pattern[str] | None
    whole: bool = False


def promises(text: str) -> list[Promise]:
    """Each kind once for each sentence; denials, conditions and possibilities are no promises."""
    found: dict[tuple[str, str], Promise] = {}
    for sentence in _SENTENCE.split(clean(text)):
        plain = _MARKUP.sub(" ", sentence).strip().lower()
        for phrases in LANGUAGES:
            for kind, own in _said(plain, phrases):
                before = found.get((kind, sentence))
                found[kind, sentence] = Promise(kind, sentence, own or (before is not None and before.own))
        for kind in _sure(plain):
            found.setdefault((kind, sentence), Promise(kind, sentence, own=False))
    return list(found.values())


def states(value: Any) -> frozenset[str]:
    """The kinds that data says were done, whoever did it: a status `cancelled`, a `refunded_at`, an amount refunded."""
    return frozenset(_states(value))


def _states(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            words = set(re.split(r"[\W_]+", str(name).lower()))
            yield from (kind for kind, done in _STATES.items() if words & done and _says_yes(inner))
            yield from _states(inner)
    elif isinstance(value, str):
        words = set(re.split(r"[\W_]+", value.strip().lower())) - _BESIDE
        yield from (kind for kind, done in _STATES.items() if words and words <= done)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _states(inner)


def _says_yes(value: Any) -> bool:
    if isinstance(value, str):
        words = value.strip().lower()
        return words not in ("", "no", "false", "none", "never") and not re.fullmatch(r"-?[0.]+", words)
    return bool(value)


def _sure(sentence: str) -> Iterator[str]:
    """The kinds that the sentence calls as good as done; a question calls nothing so."""
    if sentence.endswith("?"):
        return
    for outlook in OUTLOOKS:
        for kind, pattern, lasting in _compiled(outlook):
            if lasting and re.search(outlook.provided, sentence):
                continue
            if any(_holds(sentence, match, outlook) for match in pattern.finditer(sentence)):
                yield kind


def _holds(sentence: str, match: re.Match[str], outlook: Outlook) -> bool:
    clauses = _CLAUSE.split(sentence[: match.start()])
    return not re.search(outlook.unless, f"{clauses[-1]} {match[0]}")


@cache
def _compiled(outlook: Outlook) -> list[tuple[str, re.Pattern[str], bool]]:
    told = [(kind, re.compile(pattern), False) for kind, pattern in outlook.done.items()]
    return told + [(kind, re.compile(pattern), True) for kind, pattern in outlook.ahead.items()]


def _said(sentence: str, phrases: Phrases) -> Iterator[tuple[str, bool]]:
    for pattern in _patterns(phrases):
        if any(_meant(sentence, match, pattern, phrases) for match in pattern.said.finditer(sentence)):
            yield pattern.kind, pattern.own


def _meant(sentence: str, match: re.Match[str], pattern: _Pattern, phrases: Phrases) -> bool:
    start, end = _clause(sentence, match, phrases)
    if pattern.noun and not pattern.noun.search(sentence[start:end]):
        return False
    if not pattern.whole and re.search(rf"\s(?:{phrases.joins})\s", match[0]):
        return False
    asked = sentence.endswith("?") and not sentence[: match.start()].strip() and not pattern.own
    before = sentence[start : match.start()]
    # 'You will see that I have refunded you': only what stands right before a speaker's own claim can take it back.
    nearest = " ".join(before.split()[-_NEAR:]) if pattern.own else before
    return not asked and not re.search(phrases.unsure, f"{nearest} {match[0]}")


def _clause(sentence: str, match: re.Match[str], phrases: Phrases) -> tuple[int, int]:
    """Where the clause around `match` starts and ends: commas and words such as 'and' part clauses."""
    borders = _borders(phrases)
    before = [border.end() for border in borders.finditer(sentence) if border.end() <= match.start()]
    after = [border.start() for border in borders.finditer(sentence) if border.start() >= match.end()]
    return (before or [0])[-1], (after or [len(sentence)])[0]


@cache
def _borders(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"{_CLAUSE.pattern}|\s(?:{phrases.joins})(?=\s)")


@cache
def _patterns(phrases: Phrases) -> list[_Pattern]:
    return [pattern for kind, deed in phrases.deeds.items() for pattern in _of(kind, deed, phrases)]


def _of(kind: str, deed: Deed, phrases: Phrases) -> Iterator[_Pattern]:
    noun = re.compile(rf"\b(?:{deed.nouns})\b") if deed.nouns else None
    for words, needed in ((deed.direct, None), (deed.acts, noun)):
        if not words:
            continue
        yield _Pattern(kind, True, re.compile(rf"(?:{phrases.first}){phrases.gap}(?:{words})\b"), needed)
        yield _Pattern(kind, False, re.compile(rf"(?:{phrases.passive}){phrases.gap}(?:{words})\b"), needed)
        if phrases.last:
            yield _Pattern(kind, False, re.compile(rf"\b(?:{words}){phrases.last}"), needed)
    if deed.whole:
        yield _Pattern(kind, True, re.compile(deed.whole), None, whole=True)
    if deed.whole_acts:
        yield _Pattern(kind, True, re.compile(rf"\b(?:{deed.whole_acts})\b"), noun, whole=True)

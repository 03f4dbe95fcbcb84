"""Sentences: the one splitter for every language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|\n")
_LAST_WORD = 24
_ABBREVIATIONS = frozenset(
    word
    for line in (
        "mr mrs ms dr prof st no nr nos vs etc approx ca art fig vol inc ltd co corp tel ext dept est min max incl excl",
        "hr fr hrn str tel bzw ggf inkl exkl zzgl abzgl evtl usw sog vgl z.b d.h u.a i.d.r z.t s.o nr bspw mind max",
        "m mm mme mlle p.ex env n.b art réf tél sr sra srta d dña ud uds p.ej núm pág tel aprox",
        "sig sigg sig.ra dott dott.ssa es ecc pag num rif dhr mevr mw dhr bijv b.v o.a d.w.z m.b.t i.p.v blz art",
        "t.ex bl.a d.v.s m.m s.k ca kl np tj tzn itd itp ul pl al godz zł gr tys mln r sr.ª sr.a exmo p/ ex n.º n.° nº",
        "jan feb mär mar apr jun jul aug sep sept okt oct nov dez dec janv févr avr juil août déc ene abr ago dic gen",
        "mag giu lug set ott mrt mei lip sie paź lis gru sty lut kwi maj cze fev abr mai out e.g i.e a.m p.m u.s cf",
    )
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its place: `text` is what stands from `start` up to `end`, without blanks at either side."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """Split `text` into sentences, in order. A line break ends one; an abbreviation's or an ordinal's point does not."""
    found, start = [], 0
    for match in _END.finditer(text):
        if match[0] != "\n" and _goes_on(text, match.start(), match.end()):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [made for begin, end in found if (made := _trimmed(text, begin, end)).text]


def sentence_at(found: Sequence[Sentence], place: int) -> Sentence | None:
    """Return the sentence of `found` that holds the character at `place`, or the last one before it."""
    index = bisect_right(found, place, key=attrgetter("start")) - 1
    return found[index] if index >= 0 else None


def _trimmed(text: str, start: int, end: int) -> Sentence:
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    inner = piece.strip()
    return Sentence(begin, begin + len(inner), inner)


def _goes_on(text: str, stop: int, end: int) -> bool:
    """Tell an abbreviation's or an ordinal's point from a full stop. `stop` is where the marks begin, `end` where they end."""
    if text[stop] != "." or end - stop > 1:
        return False
    word = re.split(r"[\s(\[\"'„“»«]", text[max(0, stop - _LAST_WORD) : stop])[-1].casefold()
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word not in "aieouyàéwz"):
        return not (word in ("etc", "usw", "ecc", "itd", "itp", "m.m", "zł", "gr", "r") and _next(text, end).isupper())
    following = _next(text, end)
    if word.isdigit() and len(word) <= 2:
        return following.islower() or _month_follows(text, end)
    return following.islower()


def _next(text: str, end: int) -> str:
    return text[end : end + 40].lstrip()[:1]


def _month_follows(text: str, end: int) -> bool:
    word = re.match(r"\s*([^\W\d_]+)", text[end : end + 40])
    return bool(word) and word[1].casefold()[:3] in _MONTHS  # type: ignore[index]


_MONTHS = frozenset(
    month
    for line in (
        "jan feb mär mar mrz apr mai jun jul aug sep okt nov dez jän janv fév avr jui aoû oct déc ene abr may ago dic gen",
        "mag giu lug set ott mrt maa mei maj sty lut kwi cze lip sie wrz paź lis gru fev out dec",
    )
    for month in line.split()
)

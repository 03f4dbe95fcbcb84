"""Texts that speak to whoever judges a case, found by words of nine languages.

A list of words is never whole: it keeps the plain attempts from costing a call. What it misses is left to the checks of each
answer, see `handrail.domain.quality.judge.judging`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from handrail.domain.quality.judge.material import Material

NEAR = 160
"""Characters between the two kinds of words, at most."""
_WORDS = Path(__file__).with_name("addressed.toml")
_WITHOUT_ACCENT = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "’": "'"})


def addressed(case: Material) -> bool:
    """Return whether any of the case's words, the house's own answers too, speak to whoever judges it."""
    return any(speaks_to_a_judge(piece.text) for piece in (*case.said, *case.done))


def speaks_to_a_judge(text: str) -> bool:
    """Return whether the text names a judge and, near by, a verdict."""
    judges, orders = _patterns()
    plain = folded_letters(text)
    places = [match.start() for match in orders.finditer(plain)]
    return any(
        abs(place - judge.start()) <= NEAR and not judge.start() <= place < judge.end()
        for judge in judges.finditer(plain)
        for place in places
    )


def folded_letters(text: str) -> str:
    """Return the text in small letters without accents, hidden characters and long blanks."""
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_WITHOUT_ACCENT)
    kept = (one for one in apart if unicodedata.category(one) not in ("Mn", "Cf"))
    return re.sub(r"\s+", " ", "".join(kept))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    judges, orders = ("|".join(words[name]) for name in ("judges", "orders"))
    return re.compile(rf"(?<!\w)(?:{judges})"), re.compile(rf"(?<!\w)(?:{orders})(?!\w)")

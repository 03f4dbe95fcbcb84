"""Tells nearly equal corrections from different ones, and which of them are held out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.base import digest
from handrail.domain.quality.evaluation.corrections import Correction
from handrail.domain.text.figures.references import reference

ALIKE = 0.9
"""The share of common words from which two texts say the same (Jaccard's)."""
HELD_OUT = 3
"""One of so many is held out."""
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the different words of texts, folded, every digit as 0, in order."""
    return sorted({_DIGIT.sub("0", word) for text in texts for word in _WORD.findall(text.casefold())})


def alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two sets of words are nearly the same."""
    first, second = set(one), set(other)
    return first == second or len(first & second) >= ALIKE * len(first | second)


def done_words(correction: Correction) -> list[str]:
    """Return the words of what a person said instead, and noted."""
    said = (correction.done or {}).get("text", "") if correction.action == SEND_REPLY else ""
    return words_of([str(said), correction.note if not correction.done else ""])


def done_key(correction: Correction) -> str:
    """Return the hash of what must be equal: what was proposed and done, where these are arguments and no words.

    Which order it was makes no difference, what was done with it does.
    """
    spoken = correction.action == SEND_REPLY
    asked = [] if spoken else [_unnumbered(correction.proposed), _unnumbered(correction.done)]
    return digest([correction.reason, correction.done is None, correction.relied.rules, correction.relied.terms, asked])[:16]


def _unnumbered(value: Any) -> Any:
    """Return arguments with identifiers as they look, not as they read."""
    match value:
        case str() if reference(value.strip()):
            return _DIGIT.sub("0", value.strip())
        case Mapping():
            return {name: _unnumbered(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_unnumbered(inner) for inner in value]
        case _:
            return value


def held_out(correction: Correction) -> bool:
    """Return whether nobody may see it: a third by hash of what it says, the same in whichever database it stands."""
    about = [correction.kind, correction.topic, correction.action, words_of(correction.words)]
    return int(digest(["held out", *about])[:8], 16) % HELD_OUT == 0

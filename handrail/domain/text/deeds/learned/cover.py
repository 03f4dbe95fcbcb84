"""Cover for sentences that speak like claims: effects, and texts of records and people that they repeat."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handrail.domain.text.deeds.data import identifiers
from handrail.domain.text.deeds.done import Done
from handrail.domain.text.deeds.listed.claim import Claim

_WORD = re.compile(r"[^\W\d_]{4,}")
_AMOUNT = re.compile(r"(?<![\d.,])\d{1,7}[.,]\d{2}(?!\d)")
_END = re.compile(r"[.!?;\n]+\s*")
_START = 4
_LEAST = 3
"""Words that a text must share with a sentence at least."""
_SHARE = 0.6
_FEW = 2
"""Words of 'Done!', which any effect accounts for."""
_NAMED, _LONGEST = 6, 60


@dataclass(frozen=True, slots=True)
class Repeated:
    """Texts that may be repeated, each as the starts of its words, and what effects were given."""

    texts: Sequence[frozenset[str]]
    done: Sequence[Done]
    given: Collection[str]

    @classmethod
    def gather(cls, facts: Iterable[Any], quoted: Iterable[str], done: Sequence[Done], given: Iterable[Any]) -> Repeated:
        """Read texts of records and people, and the values that applied effects were given or gave."""
        found = {_starts(text) for source in (facts, quoted) for value in source for text in _texts(value)}
        values = {text.casefold() for value in given for text in _texts(value)}
        telling = {text for text in values if _NAMED <= len(text) <= _LONGEST and " " in text}
        return cls([one for one in found if len(one) >= _LEAST], done, telling)

    def covers(self, claim: Claim) -> bool:
        """Tell if the sentence repeats such a text, or names what an effect was given or the sum that it moved."""
        if len(claim.sentence.split()) <= _FEW and any(one.effect for one in self.done):
            return True
        said = claim.sentence.casefold()
        if any(text in said for text in self.given):
            return True
        named = {one for word in claim.sentence.split() for one in identifiers(word)}
        sums = {Decimal(one.replace(",", ".")) for one in _AMOUNT.findall(claim.sentence)}
        if any(named & one.objects and sums & one.amounts for one in self.done if one.effect):
            return True
        words = _starts(claim.sentence)
        least = max(_LEAST, _SHARE * len(words))
        return any(len(words & text) >= least for text in self.texts)


def _starts(text: str) -> frozenset[str]:
    return frozenset(word[:_START] for word in _WORD.findall(text.casefold()))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield from (one for one in _END.split(value) if one)
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)

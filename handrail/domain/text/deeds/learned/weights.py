"""Weights of features, learned from the labelled sentences of a language when a reply in it is first checked."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import gcd, sqrt
from pathlib import Path
from typing import NamedTuple

from handrail.domain.text.deeds.learned.features import features, pieces

EXAMPLES = Path(__file__).parent / "examples"
RAREST = 3
"""Features of fewer pieces are left out."""
PENALTY = 1.0
ROUNDS = 30
"""Enough for weights that no longer depend on the order of the rows."""
_GOLDEN = 0.618


class LabelledPiece(NamedTuple):
    """A piece of a sentence by its features, and whether the sentence claims a deed."""

    features: list[str]
    claim: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each feature and the `bias` of every piece."""

    bias: float
    of: Mapping[str, float]

    @classmethod
    def learn(cls, rows: Sequence[LabelledPiece]) -> Weights:
        """Learn a linear support vector machine by dual coordinate descent (Hsieh et al. 2008, squared hinge loss).

        A tenth of a second for the six hundred sentences of a language; the same rows give the same weights.
        """
        often = Counter(name for row in rows for name in row.features)
        column = {name: place for place, name in enumerate(name for name, count in often.items() if count >= RAREST)}
        known = [[column[name] for name in row.features if name in column] for row in rows]
        weights, bias = [0.0] * len(column), 0.0
        pulls, softness = [0.0] * len(rows), 1 / (2 * PENALTY)
        for number in range(ROUNDS):
            for at in _mixed(len(rows), number):
                value, side = 1 / sqrt(len(rows[at].features)), 1 if rows[at].claim else -1
                found = bias + value * sum(weights[place] for place in known[at])
                slope = side * found - 1 + softness * pulls[at]
                pull = max(pulls[at] - slope / (len(known[at]) * value * value + 1 + softness), 0.0)
                step, pulls[at] = (pull - pulls[at]) * side, pull
                if step:
                    bias += step
                    for place in known[at]:
                        weights[place] += step * value
        return cls(bias, {name: weights[place] for name, place in column.items()})

    def score(self, found: Sequence[str]) -> float:
        """Return how much a piece of these features speaks like a claim of a deed; above 0 it is rather one than not."""
        return self.bias + sum(self.of.get(name, 0.0) for name in found) / sqrt(len(found))


def _mixed(count: int, number: int) -> Iterator[int]:
    """Every place once, far from the one before, in another order each round."""
    stride = next(step for step in range(int(_GOLDEN * count) + number, 2 * count + number + 2) if gcd(step, count) == 1)
    return ((place * stride + number) % count for place in range(count))


@cache
def weights(language: str) -> Weights:
    """The weights of a language, learned once."""
    return Weights.learn(labelled(language))


def labelled(language: str) -> list[LabelledPiece]:
    """Read every piece of every example of a language, in order."""
    return [LabelledPiece(features(words), claim) for sentence, claim in examples(language) for words in pieces(sentence)]


def examples(language: str) -> list[tuple[str, bool]]:
    """Return the labelled sentences of a language; True for a claim of a deed."""
    data = tomllib.loads((EXAMPLES / f"{language}.toml").read_text(encoding="utf-8"))
    return [(line, name == "claims") for name in ("claims", "others") for line in data[name].strip().splitlines()]

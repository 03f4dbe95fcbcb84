"""Weights of features by language, learned from the labelled sentences in `examples`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

from handrail.domain.text.deeds.learned.features import features
from handrail.domain.text.words import LANGUAGES

HERE = Path(__file__).parent
FILE = HERE / "weights.tsv"
_SCALE = 100


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each feature by language, the `bias` of all, and the `digest` of the examples they were learned from."""

    digest: str
    bias: float
    of: Mapping[str, Mapping[str, float]]

    def score(self, words: Sequence[str], language: str) -> float:
        """Return how much a piece speaks like a claim of a deed; above 0 it is rather one than not."""
        known, found = self.of[language], features(words)
        return self.bias + sum(known.get(name, 0.0) for name in found) / sqrt(len(found))


@cache
def weights() -> Weights:
    """Read the weights."""
    digest, bias, *lines = FILE.read_text(encoding="utf-8").splitlines()
    of: dict[str, dict[str, float]] = {language: {} for language in LANGUAGES}
    for line in lines:
        language, name, value = line.split("\t")
        of[language][name] = int(value) / _SCALE
    return Weights(digest, int(bias) / _SCALE, of)


def written(digest: str, bias: float, of: Mapping[tuple[str, str], float]) -> str:
    """Write weights in the form that `weights` reads."""
    rounded = {key: round(value * _SCALE) for key, value in of.items()}
    lines = [f"{language}\t{name}\t{value}" for (language, name), value in sorted(rounded.items()) if value]
    return "\n".join([digest, str(round(bias * _SCALE)), *lines, ""])


def examples(language: str) -> list[tuple[str, bool]]:
    """Return the labelled sentences of a language; True for a claim of a deed."""
    data = tomllib.loads((HERE / "examples" / f"{language}.toml").read_text(encoding="utf-8"))
    return [(line, name == "claims") for name in ("claims", "others") for line in data[name].strip().splitlines()]


def digest() -> str:
    """Return the digest of all examples: weights with another one were learned from others."""
    files = (HERE / "examples" / f"{language}.toml" for language in LANGUAGES)
    return hashlib.sha256("".join(one.read_text(encoding="utf-8") for one in files).encode()).hexdigest()[:16]

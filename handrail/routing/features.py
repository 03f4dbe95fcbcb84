"""Messages as unit vectors in which an unknown word counts, so that likeness falls with everything never seen."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from handrail.routing.text import fold

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"\w+")
_MAIL = re.compile(r"\S+@\S+")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_REFERENCE = re.compile(r"\b(?=[\w-]*\d{3})(?:[a-z]+-?\d[\w-]*|\d{5,})\b")
_NUMBER = re.compile(r"[^\s,;]*\d[^\s,;]*")
PART = 2**18
WIDTH = 2 * PART
_HASHING = {"n_features": PART, "alternate_sign": False, "norm": None, "lowercase": False, "token_pattern": None}
WORD_SHARE = 0.5


def normal(text: str) -> str:
    """Folded text with e-mail addresses, links, references such as order numbers, and other numbers as one word each."""
    masked = _LINK.sub(" zzlink ", _MAIL.sub(" zzmail ", fold(text)))
    masked = _NUMBER.sub(" zznumber ", _REFERENCE.sub(" zzreference ", masked))
    return " ".join(_WORD.findall(masked))


class Features:
    """Words and pairs of words, and pieces of words, each weighted by rarity and of unit length.

    Hashing keeps features that training never saw: they match nothing but count in the length, as rare words do.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        known = [normal(text) for text in texts]
        self._parts = [
            (share, counts, TfidfTransformer(sublinear_tf=True).fit(counts.transform(known))) for share, counts in _counts()
        ]

    @classmethod
    def of(cls, *rarity: Floats) -> Features:
        """Features with known weights of words and of pieces, as `rarity` gave them."""
        made = cls.__new__(cls)
        made._parts = []
        for (share, counts), weights in zip(_counts(), rarity, strict=True):
            transformer = TfidfTransformer(sublinear_tf=True)
            transformer.idf_ = weights
            made._parts.append((share, counts, transformer))
        return made

    @property
    def rarity(self) -> tuple[Floats, Floats]:
        """The weights of words and of pieces, each of `PART` numbers."""
        words, pieces = (weights.idf_ for _, _, weights in self._parts)
        return words, pieces

    def vectors(self, texts: Sequence[str]) -> csr_matrix:
        """One row of unit length per text; the product of two rows is their likeness, 0 to 1."""
        known = [normal(text) for text in texts]
        return hstack(
            [weights.transform(counts.transform(known)) * np.sqrt(share) for share, counts, weights in self._parts],
            format="csr",
        )


def _counts() -> list[tuple[float, HashingVectorizer]]:
    return [
        (WORD_SHARE, HashingVectorizer(tokenizer=str.split, ngram_range=(1, 2), **_HASHING)),
        (1 - WORD_SHARE, HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **_HASHING)),
    ]

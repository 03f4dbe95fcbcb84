"""Messages as unit vectors in which an unknown word counts, so that likeness falls with everything never seen.

scikit-learn and scipy are loaded where something is learnt or stacked, not where one message is looked at.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from handrail.routing.model.hashing import murmur
from handrail.routing.text import fold

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int32]

_WORD = re.compile(r"\w+")
# Each begins where a run of such characters begins: tried within one again and again, they would take quadratic time.
_MAIL = re.compile(r"(?<!\S)\S+@\S+")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_REFERENCE = re.compile(r"\b(?=[\w-]{0,40}\d{3})(?:[a-z]+-?\d[\w-]*|\d{5,})\b")
_NUMBER = re.compile(r"(?<![^\s,;])[^\s,;]*\d[^\s,;]*")
PART = 2**18
WIDTH = 2 * PART
_HASHING: dict[str, Any] = {
    "n_features": PART,
    "alternate_sign": False,
    "norm": None,
    "lowercase": False,
    "token_pattern": None,
}
LENGTHS = (2, 5)
"""Characters of the shortest and of the longest piece of a word, the blanks around it counted."""
_KINDS: tuple[dict[str, Any], ...] = (
    {"tokenizer": str.split, "ngram_range": (1, 2)},
    {"analyzer": "char_wb", "ngram_range": LENGTHS},
)
_SHARES = (0.5, 0.5)
_USUAL = 24
"""Characters of a word that is met again, so that its places are kept; those of a longer one would be many."""


def normal(text: str) -> str:
    """Folded text with e-mail addresses, links, references such as order numbers, and other numbers as one word each."""
    masked = _LINK.sub(" zzlink ", _MAIL.sub(" zzmail ", fold(text)))
    masked = _NUMBER.sub(" zznumber ", _REFERENCE.sub(" zzreference ", masked))
    return " ".join(_WORD.findall(masked))


def _place(piece: str) -> int:
    """The column that the vectorizers hash a piece to."""
    return murmur(piece) % PART


_place_kept = lru_cache(maxsize=50_000)(_place)


def _pieces(word: str) -> Iterator[str]:
    """The word's runs of characters, blanks around it, in the vectorizers' order; a shorter word stands for itself once."""
    padded = f" {word} "
    shortest, longest = LENGTHS
    for length in range(shortest, longest + 1):
        yield from (padded[start : start + length] for start in range(max(1, len(padded) - length + 1)))
        if length >= len(padded):
            return


def _within(word: str) -> tuple[int, ...]:
    return tuple(map(_place, _pieces(word)))


_within_kept = lru_cache(maxsize=8_000)(_within)


def _places(known: str) -> tuple[Iterable[int], Iterable[int]]:
    """The columns of a text's words and pairs of words, and of its pieces of words, in the vectorizers' order."""
    words = known.split()
    pairs = map(" ".join, pairwise(words))
    whole = (_place_kept(one) if len(one) <= _USUAL else _place(one) for one in chain(words, pairs))
    return whole, chain.from_iterable(_within_kept(one) if len(one) <= _USUAL else _within(one) for one in words)


class Features:
    """Words and pairs of words, and pieces of words, each weighted by rarity and of unit length.

    Hashing keeps features that training never saw: they match nothing but count in the length, as rare words do.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        known = [normal(text) for text in texts]
        counts = [HashingVectorizer(**_HASHING, **kind) for kind in _KINDS]
        self._rarity = [TfidfTransformer().fit(one.transform(known)).idf_ for one in counts]

    @classmethod
    def of(cls, *rarity: Floats) -> Features:
        """Features with known weights of words and of pieces, as `rarity` gave them."""
        made = cls.__new__(cls)
        made._rarity = list(rarity)
        return made

    @property
    def rarity(self) -> tuple[Floats, Floats]:
        """The weights of words and of pieces, each of `PART` numbers."""
        words, pieces = self._rarity
        return words, pieces

    def vectors(self, texts: Sequence[str]) -> csr_matrix:
        """One row of unit length per text; the product of two rows is their likeness, 0 to 1."""
        from scipy.sparse import csr_matrix

        rows = [self.vector(text) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.empty(0, dtype=np.int32)
        values = np.concatenate([values for _, values in rows]) if rows else np.empty(0)
        return csr_matrix((values, columns, starts), shape=(len(rows), WIDTH))

    def vector(self, text: str) -> tuple[Columns, Floats]:
        """The columns of one text with their values: the vectorizers' result, without what they check on every call."""
        columns, values = [], []
        for part, (share, places, rarity) in enumerate(zip(_SHARES, _places(normal(text)), self._rarity, strict=True)):
            counted = Counter(places)
            place = np.fromiter(counted, dtype=np.int32, count=len(counted))
            value = (1 + np.log(np.fromiter(counted.values(), dtype=float, count=len(counted)))) * rarity[place]
            length = math.sqrt(float(value @ value))
            columns.append(place + np.int32(part * PART))
            values.append(value * (math.sqrt(share) / length if length else 0.0))
        return np.concatenate(columns), np.concatenate(values)

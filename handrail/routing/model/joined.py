"""Words and meaning of a message in one vector: what the second stage of a trained router is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack

from handrail.routing.model.features import Floats
from handrail.routing.model.sentence_encoder import Encoder, Single


@dataclass(frozen=True)
class SentenceMeanings:
    """An encoder's vectors around the training's mean, which is what all messages have in common and tells nothing."""

    encoder: Encoder
    centre: Floats

    @classmethod
    def learn(cls, encoder: Encoder, texts: Sequence[str]) -> tuple[SentenceMeanings, Floats]:
        """The meanings, with the rows of `texts`, which need not be encoded again."""
        raw = encoder.vectors(list(texts))
        made = cls(encoder, raw.mean(axis=0, dtype=np.float64))
        return made, made.of(raw)

    def rows(self, texts: Sequence[str]) -> Floats:
        """One row of unit length for each text."""
        return self.of(self.encoder.vectors(list(texts)))

    def of(self, raw: Single) -> Floats:
        """The rows for vectors as the encoder gave them."""
        moved = raw - self.centre
        found: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return found


def join(words: csr_matrix, meanings: Floats) -> csr_matrix:
    """Words first, then meaning, both of unit length: neither outweighs the other."""
    return hstack([words, csr_matrix(meanings)], format="csr")

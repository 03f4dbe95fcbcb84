"""Do two sets of answers come from the same model? A two-sample test with a kernel over strings.

After "Model Equality Testing: Which Model Is This API Serving?" (arXiv 2410.20247): the maximum mean discrepancy under the
Hamming kernel over the answers' first characters, answers being compared within their prompt alone, and a p-value from
permuting, within each prompt, which answer belongs to which set. Under the same model that p-value is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Floats: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
LENGTH = 200
"""Characters of an answer that count."""
PERMUTATIONS = 4_999
PAD = -1


@dataclass(frozen=True, slots=True)
class PromptAnswers:
    """The answers to one prompt: the known model's, and those of now."""

    known: Sequence[str]
    now: Sequence[str]


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """The discrepancy (0: none) and its p-value, over so many prompts and answers of now."""

    discrepancy: float
    p_value: float
    prompts: int
    answers: int


def difference(prompts: Sequence[PromptAnswers], *, seed: int, permutations: int = PERMUTATIONS) -> AnswerDifference:
    """Compare the sets; a prompt that lacks answers on either side says nothing and is left out.

    `seed` decides the permutations.

    Raises:
        ValueError: no prompt has answers on both sides.
    """
    usable = [each for each in prompts if each.known and each.now]
    if not usable:
        raise ValueError("no prompt has answers of both sides: there is nothing to compare")
    generator = np.random.default_rng(seed)
    pools: dict[tuple[int, int], Floats] = {}
    observed, permuted = 0.0, np.zeros(permutations)
    for each in usable:
        sizes = (len(each.known), len(each.now))
        if sizes not in pools:
            signs = np.broadcast_to(_signs(*sizes), (permutations, sum(sizes)))
            pools[sizes] = generator.permuted(signs, axis=1)
        kernel, shuffled = hamming([*each.known, *each.now]), pools[sizes]
        observed += float(_signs(*sizes) @ kernel @ _signs(*sizes))
        # Prompts of one size share their permutations, each in an order of its own: that is as good and far cheaper.
        permuted += generator.permutation(np.einsum("ij,ij->i", shuffled @ kernel, shuffled))
    as_far = int((permuted >= observed - 1e-12).sum())
    p_value = (as_far + 1) / (permutations + 1)
    return AnswerDifference(observed / len(usable), p_value, len(usable), sum(len(each.now) for each in usable))


def _signs(known: int, now: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the weights that make the discrepancy of a kernel."""
    return np.concatenate([np.full(known, -1 / known), np.full(now, 1 / now)])


def hamming(texts: Sequence[str], length: int = LENGTH) -> Floats:
    """Return the share of places at which two texts have the same character, for each pair; a text's end counts as one."""
    places = np.full((len(texts), length), PAD, dtype=np.int64)
    for row, text in enumerate(texts):
        codes = [ord(character) for character in text[:length]]
        places[row, : len(codes)] = codes
    longest = max((min(len(text), length) for text in texts), default=0)
    width = min(longest + 1, length)
    same = places[:, None, :width] == places[None, :, :width]
    return np.asarray(same.mean(axis=2), dtype=np.float64)

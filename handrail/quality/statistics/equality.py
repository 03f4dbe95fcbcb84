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
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Floats: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
LENGTH = 200
"""Characters of an answer that count."""
PERMUTATIONS = 4_999
FIRST, ENOUGH = 199, 20
"""Where so many of the first permutations are as far apart, p is near 0.1 or above."""
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

    `seed` decides the permutations. Where the first few show already that nothing differs, the rest is spared: the p-value is
    then that of these few.

    Raises:
        ValueError: no prompt has answers on both sides.
    """
    usable = [each for each in prompts if each.known and each.now]
    if not usable:
        raise ValueError("no prompt has answers of both sides: there is nothing to compare")
    generator = np.random.default_rng(seed)
    answers = sum(len(each.now) for each in usable)
    kernels = [(len(each.known), len(each.now), hamming([*each.known, *each.now])) for each in usable]
    observed = float(sum(_signs(known, now) @ kernel @ _signs(known, now) for known, now, kernel in kernels))
    as_far = done = 0
    # On one processor: for matrices this small, threads only wait for one another.
    with threadpool_limits(limits=1):
        for count in (min(FIRST, permutations), permutations - min(FIRST, permutations)):
            if count and as_far < ENOUGH:
                as_far += int((_permuted(kernels, count, generator) >= observed - 1e-12).sum())
                done += count
    return AnswerDifference(observed / len(usable), (as_far + 1) / (done + 1), len(usable), answers)


def _permuted(
    kernels: Sequence[tuple[int, int, Floats]], count: int, generator: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the discrepancy of so many permutations, summed over prompts.

    Prompts of one size share their permutations, each in an order of its own: that is as good and far cheaper.
    """
    pools: dict[tuple[int, int], Floats] = {}
    found = np.zeros(count)
    for known, now, kernel in kernels:
        if (known, now) not in pools:
            pools[known, now] = generator.permuted(np.broadcast_to(_signs(known, now), (count, known + now)), axis=1)
        shuffled = pools[known, now]
        found += generator.permutation(np.einsum("ij,ij->i", shuffled @ kernel, shuffled))
    return found


def _signs(known: int, now: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the weights that make the discrepancy of a kernel."""
    return np.concatenate([np.full(known, -1 / known), np.full(now, 1 / now)])


def hamming(texts: Sequence[str], length: int = LENGTH) -> Floats:
    """Return the share of places at which two texts have the same character, for each pair; a text's end counts as one."""
    places = np.full((len(texts), length), PAD, dtype=np.int64)
    for row, text in enumerate(texts):
        codes = np.frombuffer(text[:length].encode("utf-32-le", "surrogatepass"), dtype="<u4")
        places[row, : len(codes)] = codes
    longest = max((min(len(text), length) for text in texts), default=0)
    width = min(longest + 1, length)
    same = places[:, None, :width] == places[None, :, :width]
    return np.asarray(same.mean(axis=2), dtype=np.float64)

"""Free text at a temperature: sentences drawn at random, from a distribution that a variant of the model has for its own.

A model of another variant answers under the same name in other proportions: most of what it says the first one could have
said, too.
"""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache

OPENINGS = (
    "Well,", "In short,", "To my mind,", "Of course,", "Quietly,", "As ever,", "On most days,", "Now and then,", "Truly,",
    "Perhaps", "Once more", "Here",
)  # fmt: skip
SUBJECTS = (
    "the light", "a small town", "the first guest", "an old friend", "the morning", "a good idea", "the last train",
    "a red door", "somebody", "the rain", "a narrow street", "the clock",
)  # fmt: skip
DEEDS = (
    "waits for", "looks after", "remembers", "finds", "leaves", "changes", "begins with", "belongs to", "speaks of", "hides",
    "follows", "forgets",
)  # fmt: skip
ENDS = (
    "the sea.", "a warm room.", "what was said.", "an open window.", "the next day.", "a simple answer.", "the long road.",
    "everybody.", "the garden behind the house.", "a cup of coffee.", "nothing at all.", "the quiet.",
)  # fmt: skip
PARTS = (OPENINGS, SUBJECTS, DEEDS, ENDS)
SPREAD = 3.0
"""How far the odds of words lie apart: the likeliest are about this many times e as likely as the rarest."""


def spoken(prompt: str, variant: str, generator: random.Random) -> str:
    """Draw a sentence for a prompt; each prompt has proportions of its own, and each variant for each prompt."""
    weights = _weights(variant, prompt)
    return " ".join(generator.choices(choices, own)[0] for choices, own in zip(PARTS, weights, strict=True))


@lru_cache(maxsize=256)
def _weights(variant: str, prompt: str) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(2.718 ** (SPREAD * _odds(variant, prompt, number, choice)) for choice in choices)
        for number, choices in enumerate(PARTS)
    )


def _odds(*parts: object) -> float:
    """Return a number from 0 up to 1 that the parts decide."""
    return int(hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:8], 16) / 16**8

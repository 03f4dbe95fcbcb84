"""Has a judge moved? The same transcripts are judged again, and their verdicts held against the first ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.stats import binom, binomtest

LEVEL = 0.001
"""A judge that has not moved is said to have moved in so many of all looks, at most."""


@dataclass(frozen=True, slots=True)
class JudgedTwice:
    """A transcript of the set: how many of its runs failed it the first time, and now."""

    first_fails: int
    first_runs: int
    now_fails: int
    now_runs: int

    @property
    def was(self) -> bool:
        """Return whether the first verdict was a fail."""
        return 2 * self.first_fails > self.first_runs

    @property
    def is_now(self) -> bool:
        """Return whether the verdict is a fail now."""
        return 2 * self.now_fails > self.now_runs

    @property
    def apart(self) -> float:
        """Return how often two runs of the first judging differ."""
        pairs = self.first_runs * (self.first_runs - 1)
        return 2 * self.first_fails * (self.first_runs - self.first_fails) / pairs if pairs else 0.5

    def chance(self, usual: float) -> float:
        """Return how likely the verdict turns without any change, where a run errs `usual`ly so often, or as here it did."""
        fewer = min(self.first_fails, self.first_runs - self.first_fails)
        error = max(usual, (fewer + usual) / (self.first_runs + 1))
        wrong = float(binom.sf(self.now_runs // 2, self.now_runs, error))
        return 2 * wrong * (1 - wrong)


@dataclass(frozen=True, slots=True)
class Movement:
    """The verdicts that turned, from pass to fail (`stricter`) and back (`milder`), and how likely that is by chance."""

    transcripts: int
    stricter: int
    milder: int
    p_direction: float
    p_number: float

    @property
    def moved(self) -> bool:
        """Return whether the judge is another than it was."""
        return min(self.p_direction, self.p_number) <= LEVEL / 2


def movement(anchors: Sequence[JudgedTwice]) -> Movement:
    """Compare by two tests: McNemar's exact one for the direction, and a binomial one for the number of turned verdicts.

    McNemar's alone is blind to as many that turn one way as the other. The number that is to be expected comes from how far
    the runs of the first judging differed among themselves.
    """
    stricter = sum(not each.was and each.is_now for each in anchors)
    milder = sum(each.was and not each.is_now for each in anchors)
    turned = stricter + milder
    if not anchors:
        return Movement(0, 0, 0, 1.0, 1.0)
    direction = float(binomtest(stricter, turned, 0.5).pvalue) if turned else 1.0
    apart = min((sum(each.apart for each in anchors) + 0.5) / (len(anchors) + 1), 0.5)
    usual = (1 - sqrt(1 - 2 * apart)) / 2
    expected = sum(each.chance(usual) for each in anchors) / len(anchors)
    number = float(binomtest(turned, len(anchors), expected, alternative="greater").pvalue)
    return Movement(len(anchors), stricter, milder, direction, number)

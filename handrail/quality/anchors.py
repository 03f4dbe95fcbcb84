"""Has a judge moved? The same transcripts are judged again, and their verdicts held against the first ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    def chance(self) -> float:
        """Return how likely the verdict turns without any change of the judge, from how far the first runs differed."""
        fails = (self.first_fails + 0.5) / (self.first_runs + 1)
        fail_again = float(binom.sf(self.now_runs // 2, self.now_runs, fails))
        return 1 - fail_again if self.was else fail_again


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
    expected = sum(each.chance for each in anchors) / len(anchors)
    number = float(binomtest(turned, len(anchors), expected, alternative="greater").pvalue)
    return Movement(len(anchors), stricter, milder, direction, number)

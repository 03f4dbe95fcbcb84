"""Agreement of a judge with people: how much of what people fail it fails, how much of what they pass it passes.

Cases are labelled with unequal, known probabilities, because fails are rare and wanted: rates are those of all cases, weighted
back, and their intervals carry what the unlabelled part of each group may hide. Kappa is that of the labelled cases
themselves, which are balanced on purpose: at the prevalence of all cases it would collapse though both rates are fine.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from sklearn.metrics import cohen_kappa_score

Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
CONFIDENCE = 0.95
DRAWS = 4_000
RESAMPLES = 200
PRIOR = 1.0
"""Weight of what was not seen, in cases, shared by the four outcomes of a group: Perks' prior."""
SEED = 20_261_129
"""Fixed, so that the same labels give the same interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; `value` is None where nothing says anything about it.

    `size` is how many cases of equal weight would say as much.
    """

    value: float | None
    low: float = 0.0
    high: float = 1.0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """A case that people and the judge looked at.

    `group` are the cases among which it was chosen to be labelled, with `probability`.
    """

    human_fails: bool
    judge_fails: bool
    probability: float = 1.0
    group: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError(f"a case is labelled with a probability above 0 and up to 1, not {self.probability}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement over `cases` labelled cases, `fails` of which people fail.

    `sensitivity` (TPR) is the share of people's fails that the judge fails, `specificity` (TNR) the share of their passes
    that it passes.
    """

    cases: int
    fails: int
    sensitivity: Estimate
    specificity: Estimate
    kappa: Estimate


def agreement(labelled: Sequence[LabelledCase], *, confidence: float = CONFIDENCE, seed: int = SEED) -> Agreement:
    """Return the agreement, with equal-tailed intervals.

    Each group is a random sample of its own: its four shares (people say, the judge says) are drawn from a Dirichlet
    distribution, and the cases that the group stands for from a gamma distribution, for they are counted from it. Where the
    probability changed within a group, its cases count as many as would say the same with equal ones (Kish).
    """
    fails = sum(case.human_fails for case in labelled)
    sensitivity, specificity = _rates(labelled, confidence, np.random.default_rng(seed))
    kappa = kappa_of(
        [case.human_fails for case in labelled], [case.judge_fails for case in labelled], confidence=confidence, seed=seed
    )
    return Agreement(len(labelled), fails, sensitivity, specificity, kappa)


def kappa_of(first: Sequence[bool], second: Sequence[bool], *, confidence: float = CONFIDENCE, seed: int = SEED) -> Estimate:
    """Return Cohen's kappa of two raters with its bootstrap interval; no value where either has said only one thing."""
    one, two = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    value = _kappa(one, two)
    if value is None:
        return Estimate(None, -1.0, 1.0)
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(0, len(one), len(one)) for _ in range(RESAMPLES))
    found = [kappa for places in drawn if (kappa := _kappa(one[places], two[places])) is not None]
    low, high = np.quantile(found, _tails(confidence)) if found else (-1.0, 1.0)
    return Estimate(value, float(low), float(high))


def _kappa(
    first: np.ndarray[tuple[int], np.dtype[np.int64]], second: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> float | None:
    if len(set(first.tolist())) < 2 or len(set(second.tolist())) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(cohen_kappa_score(first, second, labels=[0, 1]))


def _rates(labelled: Sequence[LabelledCase], confidence: float, generator: np.random.Generator) -> tuple[Estimate, Estimate]:
    groups: dict[str, list[LabelledCase]] = defaultdict(list)
    for case in labelled:
        groups[case.group].append(case)
    seen, drawn = np.zeros(4), np.zeros((DRAWS, 4))
    for _, cases in sorted(groups.items()):
        weights = np.array([1 / case.probability for case in cases])
        cells = [2 * case.human_fails + case.judge_fails for case in cases]
        stands_for = np.bincount(cells, weights=weights, minlength=4)
        seen += stands_for
        counts = stands_for * weights.sum() / (weights**2).sum()
        size = generator.gamma(counts.sum(), weights.sum() / counts.sum(), (DRAWS, 1))
        drawn += generator.dirichlet(counts + PRIOR / 4, DRAWS) * size
    return (
        _share(seen, drawn, lambda cells: (cells[..., 3], cells[..., 2]), confidence),
        _share(seen, drawn, lambda cells: (cells[..., 0], cells[..., 1]), confidence),
    )


def _share(seen: Floats, drawn: Floats, parts: Callable[[Floats], tuple[Floats, Floats]], confidence: float) -> Estimate:
    agreed, other = parts(seen)
    if agreed + other == 0:
        return Estimate(None)
    drawn_agreed, drawn_other = parts(drawn)
    shares = drawn_agreed / (drawn_agreed + drawn_other)
    low, high = np.quantile(shares, _tails(confidence))
    size = shares.mean() * (1 - shares.mean()) / shares.var() - 1
    return Estimate(float(agreed / (agreed + other)), float(low), float(high), float(size))


def _tails(confidence: float) -> list[float]:
    return [(1 - confidence) / 2, (1 + confidence) / 2]

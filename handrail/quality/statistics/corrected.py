"""A rate that an imperfect judge gives, corrected for its errors, with an interval that carries both uncertainties."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.stats import norm

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class JudgeErrors:
    """The rates at which a judge is right: `sensitivity` found on `fails` cases that people failed, `specificity` on `passes`.

    Where labelled cases have weights, `fails` and `passes` are as many cases as would say the same without.
    """

    sensitivity: float
    fails: float
    specificity: float
    passes: float


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A share of cases that fail: as the judge says (`raw`), and corrected, with its interval; all parts of 1."""

    raw: float
    value: float
    low: float
    high: float


def corrected(raw: float, n: float, errors: JudgeErrors, *, confidence: float = CONFIDENCE) -> CorrectedRate | None:
    """Correct the share `raw` of `n` judged cases; None where the judge tells nothing apart.

    The estimate is Rogan's and Gladen's (1978). The interval is that of Lee and others, "How to Correctly Report
    LLM-as-a-Judge Evaluations" (arXiv 2511.21140): the counts are moved a little towards the middle, as Agresti and Coull do,
    and both variances are added, that of the judged cases and that of the calibration.

    Raises:
        ValueError: a share is none, or there are no cases.
    """
    _refuse(raw, n, errors)
    if errors.sensitivity + errors.specificity <= 1:
        return None
    z = float(norm.ppf((1 + confidence) / 2))
    value = (raw + errors.specificity - 1) / (errors.sensitivity + errors.specificity - 1)
    share = (n * raw + z * z / 2) / (n + z * z)
    sensitivity = (errors.fails * errors.sensitivity + 1) / (errors.fails + 2)
    specificity = (errors.passes * errors.specificity + 1) / (errors.passes + 2)
    apart = sensitivity + specificity - 1
    if apart <= 0:
        return None
    of_fails = sensitivity * (1 - sensitivity) / (errors.fails + 2)
    of_passes = specificity * (1 - specificity) / (errors.passes + 2)
    middle = (share + specificity - 1) / apart
    shift = 2 * z * z * (middle * of_fails - (1 - middle) * of_passes)
    spread = z * sqrt(share * (1 - share) / (n + z * z) + (1 - middle) ** 2 * of_passes + middle**2 * of_fails) / apart
    low, high = (_share(middle + shift + side * spread) for side in (-1, 1))
    return CorrectedRate(raw, min(max(_share(value), low), high), low, high)


def _refuse(raw: float, n: float, errors: JudgeErrors) -> None:
    for name, share in (("rate", raw), ("sensitivity", errors.sensitivity), ("specificity", errors.specificity)):
        if not 0 <= share <= 1:
            raise ValueError(f"the {name} is {share}, which is no part of 1")
    if min(n, errors.fails, errors.passes) <= 0:
        raise ValueError("a rate is corrected over at least one judged case, one fail and one pass")


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)

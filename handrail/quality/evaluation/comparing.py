"""Figures of an evaluation, and the comparison of two, test by test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb, sqrt
from statistics import fmean

import numpy
from scipy.stats import binomtest, norm

from handrail.domain.counting import many
from handrail.domain.quality.evaluation.evaluations import (
    Bounds,
    EvaluatedTest,
    EvaluatedVariant,
    EvaluationTerms,
    IndicatorChange,
    PairedComparison,
    ReleaseParts,
)

CONFIDENCE = 0.95
Share = Callable[[EvaluatedTest], float]
INDICATORS: dict[str, tuple[Share, int]] = {
    "passed": (lambda test: test.passes / test.runs, 1),
    "handed_over": (lambda test: test.handed_over / test.runs, -1),
    "refused": (lambda test: test.refused / test.runs, -1),
}
"""Each with its share in a test, and 1 where more is better, -1 where less is."""


def pass_power(tests: Sequence[EvaluatedTest], times: int) -> float:
    """Return pass^j of Yao et al. (tau-bench, 2024): the chance that a test passes so many times in a row.

    A test's chance is estimated without bias from its runs: the ways to choose that many of its passes, among the ways to
    choose as many of all its runs.
    """
    if not tests:
        return 0.0
    return fmean(comb(test.passes, times) / comb(test.runs, times) for test in tests)


def summed(parts: ReleaseParts, tests: list[EvaluatedTest], *, repeats: int, priced: bool) -> EvaluatedVariant:
    """Return what a variant did over all its tests."""
    seconds = [second for test in tests for second in test.seconds]
    return EvaluatedVariant(
        parts=parts,
        release=parts.release,
        tests=len(tests),
        passed=sum(test.passed for test in tests),
        pass_at=[pass_power(tests, times) for times in range(1, repeats + 1)],
        flips=[test.correction_id for test in tests if test.flips],
        flipped=sum(test.flips for test in tests),
        handed_over=share(tests, INDICATORS["handed_over"][0]),
        refused=share(tests, INDICATORS["refused"][0]),
        unrecorded=sum(test.unrecorded for test in tests),
        cost_usd=round(sum(test.cost_usd for test in tests), 6),
        priced=priced,
        p50_seconds=quantile(seconds, 0.5),
        p95_seconds=quantile(seconds, 0.95),
        cases=tests,
    )


def share(tests: Sequence[EvaluatedTest], of: Share) -> float:
    """Return the mean share over the tests, 0 where there are none."""
    return fmean(map(of, tests)) if tests else 0.0


def quantile(values: Sequence[float], place: float) -> float | None:
    """Return a quantile, None of nothing."""
    return round(float(numpy.quantile(values, place)), 3) if values else None


def compared(baseline: EvaluatedVariant, candidate: EvaluatedVariant, margins: Bounds) -> PairedComparison:
    """Compare two variants over the tests that both were given."""
    before = {test.correction_id: test for test in baseline.cases}
    pairs = [(before[test.correction_id], test) for test in candidate.cases if test.correction_id in before]
    better = [now.correction_id for was, now in pairs if now.passed and not was.passed]
    worse = [now.correction_id for was, now in pairs if was.passed and not now.passed]
    changed = len(better) + len(worse)
    return PairedComparison(
        better=better,
        worse=worse,
        improved=len(better),
        worsened=len(worse),
        same=len(pairs) - changed,
        p_value=float(binomtest(len(better), changed, 0.5).pvalue) if changed else 1.0,
        indicators=[
            change(name, [(of(was), of(now)) for was, now in pairs], sign, getattr(margins, name))
            for name, (of, sign) in INDICATORS.items()
        ],
    )


def change(name: str, pairs: Sequence[tuple[float, float]], sign: int, margin: float) -> IndicatorChange:
    """Return an indicator's change with the bound that tells whether it is not worse than the margin.

    The bound is Agresti and Min's for paired shares (2005), with two pseudo-pairs: few tests without any difference show
    little, not everything. For tests of several runs it is over the differences of their shares.
    """
    differences = [sign * (now - was) for was, now in pairs]
    count = len(differences) + 2
    mean = sum(differences) / count
    spread = (sum(difference**2 for difference in differences) + 1) / count - mean**2
    low = mean - norm.ppf(CONFIDENCE) * sqrt(max(spread, 0.0) / count)
    return IndicatorChange(
        indicator=name,
        baseline=fmean(was for was, _ in pairs) if pairs else 0.0,
        candidate=fmean(now for _, now in pairs) if pairs else 0.0,
        change=sign * fmean(differences) if differences else 0.0,
        low=float(low),
        margin=margin,
        not_worse=bool(low >= -margin),
    )


def verdict(
    candidate: EvaluatedVariant, comparison: PairedComparison | None, terms: EvaluationTerms
) -> tuple[bool, list[str]]:
    """Return whether it passes, with a line for each thing that is asked."""
    rate = candidate.passed / candidate.tests if candidate.tests else 0.0
    asked = [
        (candidate.tests >= terms.minimum, f"{many(candidate.tests, 'test')}, {terms.minimum} needed"),
        (rate >= terms.at_least, f"{candidate.passed} of {candidate.tests} pass, {terms.at_least:.0%} needed"),
    ]
    for found in comparison.indicators if comparison else []:
        words = f"{found.indicator}: {found.change:+.1%} beside the baseline, surely better than {found.low:+.1%}"
        asked.append((found.not_worse, f"{words}; {-found.margin:+.1%} is borne"))
    return all(fine for fine, _ in asked), [f"{'yes' if fine else 'no'}: {words}" for fine, words in asked]

"""Counts indicators over cases that stand by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from handrail.domain.outcomes import IndicatorTally, OutcomeCounts, OutcomeDefinitions, ReliabilityTally, Statistic
from handrail.quality.outcomes.columns import Array, CaseColumns
from handrail.quality.outcomes.statistics import Interval, center, interval_by_customer, wilson

OF_SEVERAL = {
    "edits": ("edited", "decided"),
    "rejections": ("rejected", "decided"),
    "confirmations_refused": ("confirmations_refused", "confirmations_asked"),
    "policy_holds": ("effects_held", "effects_ruled"),
    "holds_approved": ("holds_approved", "holds_decided"),
    "policy_misses": ("effects_wrong", "effects_passed"),
}
"""Shares of which a case may bring several: the columns of their numerator and their denominator."""
TENTHS = 10
Figures = Mapping[int, tuple[float, Interval]]
"""The figures of groups, by their places; a group of too few cases or of a single customer has none."""


def count(cases: CaseColumns, wanted: OutcomeDefinitions, names: Sequence[str], *, reliability: bool) -> OutcomeCounts:
    """Return the named indicators over the cases by group, with the reliability of the models' confidence if asked."""
    return OutcomeCounts(
        cases=cases.cases,
        excluded=cases.excluded,
        tallies=[tally for name in names for tally in _tallies(cases, wanted, name)],
        reliability=list(_reliability(cases, wanted)) if reliability else [],
    )


def _tallies(cases: CaseColumns, wanted: OutcomeDefinitions, name: str) -> Iterator[IndicatorTally]:
    counted, waiting = cases.counted(name, wanted.indicators[name].matures_after_hours)
    ripe, customers = cases.sizes(counted)
    immature = cases.sums(waiting)
    n, numerator = _sizes(cases, name, counted, ripe)
    share = wanted.indicators[name].statistic is Statistic.RATE
    figures = _shares(wanted, n, numerator) if share else _centers(cases, wanted, name, counted, n)
    for place in np.flatnonzero(customers + immature):
        value, interval = figures.get(int(place), (None, None))
        yield IndicatorTally(
            indicator=name,
            group=cases.groups[place],
            n=int(n[place]),
            numerator=float(numerator[place]),
            customers=int(customers[place]),
            immature=int(immature[place]),
            value=value,
            low=interval[0] if interval else None,
            high=interval[1] if interval else None,
        )


def _sizes(cases: CaseColumns, name: str, counted: Array, ripe: Array) -> tuple[Array, Array]:
    """Return the denominator and the numerator of each group; of a value, its cases and nothing."""
    if name in OF_SEVERAL:
        above, below = OF_SEVERAL[name]
        return cases.sums(cases[below] * counted), cases.sums(cases[above] * counted)
    return ripe, cases.sums(counted & cases.hit(name))


def _shares(wanted: OutcomeDefinitions, n: Array, numerator: Array) -> Figures:
    """Return the share of each group that is large enough to have one."""
    return {
        int(place): (numerator[place] / n[place], wilson(int(numerator[place]), int(n[place]), wanted.confidence))
        for place in np.flatnonzero(n >= wanted.minimum)
    }


def _centers(cases: CaseColumns, wanted: OutcomeDefinitions, name: str, counted: Array, n: Array) -> Figures:
    """Return the mean or the median of each group that is large enough to have one."""
    statistic, values, found = wanted.indicators[name].statistic, cases.value(name), {}
    for place in np.flatnonzero(n >= wanted.minimum):
        of_group = counted if len(cases.groups) == 1 else counted & (cases.group == place)
        own, owners = values[of_group], cases.customer[of_group]
        interval = interval_by_customer(own, owners, statistic, wanted.confidence, wanted.resamples)
        if interval:
            found[int(place)] = center(own, statistic), interval
    return found


def _reliability(cases: CaseColumns, wanted: OutcomeDefinitions) -> Iterator[ReliabilityTally]:
    counted, _ = cases.counted("held_up", wanted.indicators["held_up"].matures_after_hours)
    confidence, held_up = cases["confidence"][counted], cases.hit("held_up")[counted]
    tenths = np.minimum(np.floor(confidence * TENTHS), TENTHS - 1).astype(np.int64)
    n, sums = np.bincount(tenths, minlength=TENTHS), np.bincount(tenths, confidence, TENTHS)
    held = np.bincount(tenths[held_up], minlength=TENTHS)
    for tenth in np.flatnonzero(n):
        yield ReliabilityTally(
            tenth=int(tenth), n=int(n[tenth]), confidence=float(sums[tenth] / n[tenth]), held_up=int(held[tenth])
        )

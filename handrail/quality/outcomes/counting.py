"""Counts indicators over cases that stand by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
Figure = tuple[float | None, Interval | None]


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
    owners = np.zeros(len(cases.group_of_owner), bool)
    owners[cases.owner[counted]] = True
    customers = _by_group(cases, cases.group_of_owner[owners])
    immature = _by_group(cases, cases.group[waiting])
    n, numerator = _sizes(cases, name, counted)
    for place in np.flatnonzero(customers + immature):
        of_group = counted if len(cases.groups) == 1 else counted & (cases.group == place)
        value, interval = (None, None)
        if n[place] >= wanted.minimum:
            value, interval = _figure(cases, wanted, name, of_group, (int(numerator[place]), int(n[place])))
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


def _by_group(cases: CaseColumns, groups: Array, weights: Array | None = None) -> Array:
    return np.bincount(groups, weights, minlength=len(cases.groups))


def _sizes(cases: CaseColumns, name: str, counted: Array) -> tuple[Array, Array]:
    """Return the denominator and the numerator of each group; of a value, its cases and nothing."""
    groups = cases.group[counted]
    if name in OF_SEVERAL:
        above, below = OF_SEVERAL[name]
        return _by_group(cases, groups, cases[below][counted]), _by_group(cases, groups, cases[above][counted])
    return _by_group(cases, groups), _by_group(cases, cases.group[counted & cases.hit(name)])


def _figure(cases: CaseColumns, wanted: OutcomeDefinitions, name: str, counted: Array, share: tuple[int, int]) -> Figure:
    statistic = wanted.indicators[name].statistic
    if statistic is Statistic.RATE:
        return share[0] / share[1], wilson(*share, wanted.confidence)
    values, owners = cases.value(name)[counted], cases.customer[counted]
    interval = interval_by_customer(values, owners, statistic, wanted.confidence, wanted.resamples)
    return (center(values, statistic), interval) if interval else (None, None)


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

"""Figures and words out of counts: nothing is said where too few cases say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handrail.definitions import Loaded
from handrail.domain.outcomes import (
    Dimension,
    IndicatorDefinition,
    IndicatorResult,
    IndicatorTally,
    OutcomeCounts,
    OutcomeDefinitions,
    OutcomeReport,
    Period,
    ReliabilityBin,
    ReliabilityTally,
    Statistic,
)
from handrail.quality.outcomes.statistics import Interval, bootstrap_by_customer, center, mean_by_customer, wilson


def report(
    definitions: Loaded[OutcomeDefinitions], names: Sequence[str], period: Period, by: Dimension | None, counts: OutcomeCounts
) -> OutcomeReport:
    """Return the report of these counts, in the order of the definitions' file."""
    wanted = definitions.value
    results = []
    for name, definition in wanted.indicators.items():
        if name not in names:
            continue
        found = [one for one in counts.tallies if one.indicator == name]
        if not found and by is None:
            found = [IndicatorTally(indicator=name, n=0, customers=0, immature=0)]
        results += [result(wanted, definition, one) for one in found]
    return OutcomeReport(
        **period.model_dump(),
        zone=wanted.zone,
        definitions=definitions.version,
        by=by,
        cases=counts.cases,
        excluded=counts.excluded,
        indicators=results,
        reliability=[reliability(wanted, one) for one in counts.reliability],
    )


def result(wanted: OutcomeDefinitions, definition: IndicatorDefinition, tally: IndicatorTally) -> IndicatorResult:
    """Return one indicator's figure with its interval, or that there are too few."""
    rate = definition.statistic is Statistic.RATE
    value, interval = None, None
    drawn = len(set(tally.owners)) if not rate and 0 < len(tally.values) < tally.n else None
    if tally.n >= wanted.minimum:
        value, interval = _figure(wanted, definition.statistic, tally)
    return IndicatorResult(
        indicator=tally.indicator,
        version=definition.version,
        title=definition.title,
        statistic=definition.statistic,
        better=definition.better,
        group=tally.group,
        n=tally.n,
        numerator=tally.numerator if rate else None,
        customers=tally.customers,
        immature=tally.immature,
        value=value,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        drawn=drawn,
        statement=statement(tally, value, interval, rate=rate, drawn=drawn),
        view=f"handrail.outcome_{tally.indicator}",
    )


def _figure(wanted: OutcomeDefinitions, statistic: Statistic, tally: IndicatorTally) -> tuple[float | None, Interval | None]:
    if statistic is Statistic.RATE:
        return tally.numerator / tally.n, wilson(round(tally.numerator), tally.n, wanted.confidence)
    if not tally.values and tally.moments:
        between = mean_by_customer(tally.moments, tally.n, tally.customers, wanted.confidence)
        return (tally.moments.total / tally.n, between) if between else (None, None)
    found = bootstrap_by_customer(tally.values, tally.owners, statistic, wanted.confidence, wanted.resamples)
    return (center(tally.values, statistic), found) if found else (None, None)


def statement(
    tally: IndicatorTally, value: float | None, interval: Interval | None, *, rate: bool, drawn: int | None = None
) -> str:
    """Return the figure in words, with what does not count yet beside it."""
    if value is None or interval is None:
        alone = tally.n > 0 and tally.customers < 2 and not rate
        words = f"n = {tally.n}, no statement" + (" of a single customer" if alone else "")
    else:
        low, high = (shown(tally.indicator, one, rate=rate) for one in interval)
        words = f"{shown(tally.indicator, value, rate=rate)} ({low} to {high}), n = {tally.n}"
        words += f", by {drawn} customers who were drawn" if drawn else ""
    return f"{words}; {tally.immature} too young" if tally.immature else words


def shown(indicator: str, value: float, *, rate: bool) -> str:
    """Return a figure with its unit: 12.5 %, 1:02:03, 0.0132 USD, 4.31."""
    if rate:
        return f"{value:.1%}".replace("%", " %")
    if indicator.endswith("_seconds"):
        return str(timedelta(seconds=round(value)))
    return f"{value:.4f} USD" if indicator == "cost_usd" else f"{value:.2f}"


def reliability(wanted: OutcomeDefinitions, tally: ReliabilityTally) -> ReliabilityBin:
    """Return one stretch of confidence with how often its answers held up; bare where there are too few."""
    low = tally.tenth / 10
    bare = ReliabilityBin(low=low, high=round(low + 0.1, 1), n=tally.n)
    if tally.n < wanted.minimum:
        return bare
    from_, to = wilson(tally.held_up, tally.n, wanted.confidence)
    share = tally.held_up / tally.n
    return bare.model_copy(update={"confidence": tally.confidence, "held_up": share, "held_up_low": from_, "held_up_high": to})

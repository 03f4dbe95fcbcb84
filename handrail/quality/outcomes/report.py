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
    OutcomeDefinitions,
    OutcomeReport,
    PackedOutcomes,
    Period,
    ReliabilityBin,
    ReliabilityTally,
    Statistic,
)
from handrail.quality.outcomes.columns import CaseColumns
from handrail.quality.outcomes.counting import count
from handrail.quality.outcomes.statistics import wilson


def report(
    definitions: Loaded[OutcomeDefinitions],
    names: Sequence[str],
    period: Period,
    by: Dimension | None,
    packed: PackedOutcomes,
) -> OutcomeReport:
    """Return the report of these outcomes, in the order of the definitions' file."""
    wanted = definitions.value
    chosen = [name for name in wanted.indicators if name in names]
    counts = count(CaseColumns(packed, period), wanted, chosen, reliability="held_up" in chosen and by is None)
    tallies = counts.tallies
    if by is None:
        known = {one.indicator: one for one in tallies}
        tallies = [known.get(name, IndicatorTally(indicator=name, n=0, customers=0, immature=0)) for name in chosen]
    return OutcomeReport(
        **period.model_dump(),
        zone=wanted.zone,
        definitions=definitions.version,
        confidence=wanted.confidence,
        by=by,
        cases=counts.cases,
        excluded=counts.excluded,
        indicators=[result(wanted.indicators[one.indicator], one) for one in tallies],
        reliability=[reliability(wanted, one) for one in counts.reliability],
    )


def result(definition: IndicatorDefinition, tally: IndicatorTally) -> IndicatorResult:
    """Return one indicator's figure with its interval in words, or that there are too few."""
    rate = definition.statistic is Statistic.RATE
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
        value=tally.value,
        low=tally.low,
        high=tally.high,
        statement=statement(tally, rate=rate),
        view=f"handrail.outcome_{tally.indicator}",
    )


def statement(tally: IndicatorTally, *, rate: bool) -> str:
    """Return the figure in words, with what does not count yet beside it."""
    if tally.value is None or tally.low is None or tally.high is None:
        alone = tally.n > 0 and tally.customers < 2 and not rate
        words = f"n = {tally.n}, no statement" + (" of a single customer" if alone else "")
    else:
        value, low, high = (shown(tally.indicator, one, rate=rate) for one in (tally.value, tally.low, tally.high))
        words = f"{value} ({low} to {high}), n = {tally.n}"
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

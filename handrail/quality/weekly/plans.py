"""Plan, fact and gap: met or missed only where the interval leaves no doubt."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.outcomes import Better, IndicatorResult, Statistic
from handrail.domain.quality.weekly import IndicatorTarget, PlanFact, PlanStanding
from handrail.quality.outcomes.report import shown


def plan_fact(wanted: IndicatorTarget, result: IndicatorResult, earlier: Sequence[float | None]) -> PlanFact:
    """Set the fact of a week beside what was wanted of it."""
    rate = result.statistic is Statistic.RATE
    sign = "at least" if result.better is Better.HIGH else "at most"
    return PlanFact(
        indicator=result.indicator,
        statistic=result.statistic,
        title=result.title,
        owner=wanted.owner,
        plan=f"{sign} {shown(result.indicator, wanted.target, rate=rate)}",
        fact=result.statement,
        gap=_gap(wanted.target, result, rate=rate),
        standing=standing(wanted.target, result),
        value=result.value,
        low=result.low,
        high=result.high,
        target=wanted.target,
        earlier=[*earlier, result.value],
        source=result.view,
    )


def standing(target: float, result: IndicatorResult) -> PlanStanding:
    """Return whether the target is met: the whole interval must lie on one side of it."""
    if result.low is None or result.high is None:
        return PlanStanding.OPEN
    high = result.better is Better.HIGH
    if result.low >= target if high else result.high <= target:
        return PlanStanding.MET
    if result.high < target if high else result.low > target:
        return PlanStanding.MISSED
    return PlanStanding.OPEN


def _gap(target: float, result: IndicatorResult, *, rate: bool) -> str:
    if result.value is None:
        return ""
    away = result.value - target
    worse = away < 0 if result.better is Better.HIGH else away > 0
    words = f"{abs(away) * 100:.1f} points" if rate else shown(result.indicator, abs(away), rate=rate)
    return f"{words} {'worse' if worse else 'better'}"

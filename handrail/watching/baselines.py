"""Baselines as a person may sign them: what was normal of every series, and from where on it alarms."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from handrail.domain.quality.drift import DriftBaseline, WatchedSeries
from handrail.ports.drift import DriftRecord
from handrail.quality.baselines import FEWEST_DAYS, WEEK, Baseline
from handrail.quality.counts import CountBaseline
from handrail.quality.thresholds import rare_threshold
from handrail.quality.worlds import Volume
from handrail.watching.days import WatchTerms, family
from handrail.watching.observations import LearnedDays, Levels, Observations

PROOF = 0.1
"""The e-detector's part of what a series may raise; z-CUSUM has the rest."""
SPREADS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class BaselinePeriod:
    """The days from `since` up to and without `until` that baselines are learned from, watched from `watch_from` on."""

    since: date
    until: date
    watch_from: date


def proposals(
    terms: WatchTerms, seen: Observations, period: BaselinePeriod, wanted: Callable[[WatchedSeries], bool]
) -> list[DriftBaseline]:
    """Return the baseline of each wanted series; its threshold is still to be found, and nobody has accepted it."""
    levels = {topic: level for topic, level in seen.levels_before(period.until).items() if topic in terms.topics}
    return [
        proposal(terms, seen, period, WatchedSeries(indicator=indicator, topic=topic), alarms, levels)
        for indicator, topic, alarms in family(terms)
        if wanted(WatchedSeries(indicator=indicator, topic=topic))
    ]


def proposal(
    terms: WatchTerms, seen: Observations, period: BaselinePeriod, series: WatchedSeries, alarms: float, levels: Levels
) -> DriftBaseline:
    """Return the baseline of one series, with its shortage where it is too little to raise alarms from."""
    version = terms.versions[series.indicator]
    days = seen.learned(series, period.since, period.until, version, levels)
    bare = DriftBaseline(
        **series.model_dump(),
        since=period.since,
        until=period.until,
        watch_from=period.watch_from,
        days=len(days.cases),
        version=version,
        definitions=terms.definitions,
        levels=dict(levels),
        cases=float(days.cases.sum()),
        bad=float(days.bad.sum()),
        alarms=alarms,
        shortage=_shortage(days, terms.drift.value.fewest_cases),
    )
    if bare.shortage:
        return bare
    if series.volume:
        counts = CountBaseline.learned(days.weekdays, days.cases)
        figures = {"rates": counts.means.tolist(), "errors": counts.errors.tolist(), "spread": counts.overdispersion}
        return bare.model_copy(update={**figures, "threshold": alarms / 2 / 365})
    shares = learned_shares(days)
    figures = {
        "rates": shares.rates[:, 0].tolist(),
        "errors": shares.errors[:, 0].tolist(),
        "spread": float(shares.spread[0]),
        "shift": terms.drift.value.indicators[series.indicator].shift,
    }
    return bare.model_copy(update=figures)


def learned_shares(days: LearnedDays) -> Baseline:
    """Return the baseline of one series. Raises: ValueError: too few days, or no case."""
    return Baseline.learned(days.weekdays, days.cases[:, np.newaxis], days.bad[:, np.newaxis])


def _shortage(days: LearnedDays, fewest: float) -> str | None:
    number = len(days.cases)
    if number < FEWEST_DAYS:
        return f"{number} comparable days, at least {FEWEST_DAYS} are needed"
    if (mean := float(days.cases.mean())) < fewest:
        return f"{mean:.1f} cases a day in the mean, at least {fewest:g} are needed"
    if len(set(days.weekdays.tolist())) < WEEK:
        return "a weekday is missing"
    return None


async def calibrated_baselines(
    record: DriftRecord, wanted: Sequence[DriftBaseline], tell: Callable[[str], None]
) -> list[DriftBaseline]:
    """Return the baselines with their thresholds: found by simulation once for each place, and kept."""
    found: list[DriftBaseline] = []
    for one in wanted:
        if one.shortage or one.series.volume:
            found.append(one)
            continue
        place = threshold_place(one)
        threshold = await record.threshold(place)
        if threshold is None:
            tell(f"simulating quiet years for {one.series.words}")
            threshold = rare_threshold(*_simulated(place))
            await record.keep_threshold(place, threshold)
        found.append(one.model_copy(update={"threshold": threshold}))
    return found


def threshold_place(one: DriftBaseline) -> str:
    """Return what is simulated for a baseline, as JSON; series that are alike have the same.

    Alarms are rounded down, so that a threshold is rather too high; what else is rounded changes it little.
    """
    each = one.cases / one.days
    rate = one.bad / one.cases
    return json.dumps(
        {
            "cases": _rounded(each, 1.5),
            "rate": min(max(_rounded(rate, 1.4), 0.001), 0.95),
            "spread": min(SPREADS, key=lambda spread: abs(spread - one.spread)),
            "shift": one.shift,
            "days": one.days // 14 * 14,
            "alarms": 1.25 ** math.floor(math.log(one.alarms * (1 - PROOF), 1.25)),
        },
        sort_keys=True,
    )


def _rounded(value: float, ratio: float) -> float:
    """The nearest power of the ratio."""
    return float(f"{ratio ** round(math.log(max(value, 1e-4), ratio)):.4g}")


def _simulated(place: str) -> tuple[Volume, float]:
    wanted = json.loads(place)
    volume = Volume.even(max(round(wanted["cases"]), 1), wanted["rate"], wanted["shift"], wanted["spread"], wanted["days"])
    return volume, wanted["alarms"]

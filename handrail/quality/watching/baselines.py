"""Baselines as a person may sign them: what was normal of every series, and from where on it alarms."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np

from handrail.domain.quality.watch.drift import DriftBaseline, WatchedSeries
from handrail.ports.loop.drift import DriftRecord
from handrail.quality.statistics.baselines import FEWEST_DAYS, WEEK, Baseline
from handrail.quality.statistics.counts import CountBaseline
from handrail.quality.statistics.thresholds import rare_threshold
from handrail.quality.statistics.worlds import Volume
from handrail.quality.watching.days import WatchTerms, family
from handrail.quality.watching.observations import LearnedDays, Levels, Observations

PROOF = 0.1
"""The e-detector's part of what a series may raise; z-CUSUM has the rest."""
CERTAIN = 2.6
"""Twice the standard errors that half a shift has, and somewhat more: with less, thresholds of small topics rise steeply."""
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
        if indicator in terms.versions and wanted(WatchedSeries(indicator=indicator, topic=topic))
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
    spread = float(shares.spread[0])
    room = 1 - (bare.bad + 0.5) / (bare.cases + 1)
    shift = tuned_shift(min(terms.shift(series), room), bare, spread)
    lacking = f"a share of {room:.1%} is too small: chance alone makes it fall as far" if shift > room else None
    figures = {
        "rates": shares.rates[:, 0].tolist(),
        "errors": shares.errors[:, 0].tolist(),
        "spread": spread,
        "shift": shift,
        "shortage": lacking if series.falls else None,
        "week": [float(days.cases[days.weekdays == weekday].mean()) for weekday in range(WEEK)],
    }
    return bare.model_copy(update=figures)


def learned_shares(days: LearnedDays) -> Baseline:
    """Return the baseline of one series. Raises: ValueError: too few days, or no case."""
    return Baseline.learned(days.weekdays, days.cases[:, np.newaxis], days.bad[:, np.newaxis])


def tuned_shift(wanted: float, one: DriftBaseline, spread: float) -> float:
    """Return the rise that a series is tuned to: the wanted one, or more where its baseline is too uncertain for that.

    A baseline that is too low by half the shift makes every day look bad. So half the shift is so many standard errors of
    the baseline that this is as rare as the series' false alarms.
    """
    share = (one.bad + 0.5) / (one.cases + 1)
    error = math.sqrt(share * (1 - share) * (1 + (one.cases / one.days - 1) * spread) / one.cases)
    least = CERTAIN * NormalDist().inv_cdf(1 - min(one.alarms, 1) / 3) * error
    return min(_power(least, 1.1, math.ceil), 0.9) if least > wanted else wanted


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
            threshold = await asyncio.to_thread(rare_threshold, *simulated(place))
            await record.keep_threshold(place, threshold)
        found.append(one.model_copy(update={"threshold": threshold}))
    return found


def threshold_place(one: DriftBaseline) -> str:
    """Return what is simulated for a baseline, as JSON; series that are alike have the same.

    Cases and alarms are rounded down and the spread up, each of which makes the threshold rather too high. Of a fall the share
    itself is rounded, as of a rise: most of its complement would be lost.
    """
    each, rate = one.cases / one.days, one.series.bad(1, one.bad / one.cases)
    rates = [one.series.bad(1, of_a_day) for of_a_day in one.rates]
    return json.dumps(
        {
            "cases": _power(each, 1.25, math.floor),
            "week": [_quarters(cases / each) for cases in one.week],
            "rate": min(max(_power(rate, 1.2, round), 0.001), 0.95),
            "rates": [_quarters(of_a_day / rate) if rate else 1.0 for of_a_day in rates],
            "spread": next((spread for spread in SPREADS if spread >= one.spread), SPREADS[-1]),
            "shift": one.shift,
            "days": one.days // 14 * 14,
            "alarms": _power(one.alarms * (1 - PROOF), 1.25, math.floor),
            **({"falls": True} if one.series.falls else {}),
        },
        sort_keys=True,
    )


def _power(value: float, ratio: float, rounded: Callable[[float], int]) -> float:
    """The power of the ratio that is next to a value."""
    return float(f"{ratio ** rounded(math.log(max(value, 1e-9), ratio)):.4g}")


def _quarters(value: float) -> float:
    return round(value * 4) / 4


def simulated(place: str) -> tuple[Volume, float]:
    """Return the volume and the alarms a year that a place stands for."""
    wanted = json.loads(place)
    rates = tuple(min(max(wanted["rate"] * part, 0.001), 0.99) for part in wanted["rates"])
    return Volume(
        cases=tuple(round(wanted["cases"] * part) for part in wanted["week"]),
        rates=tuple(1 - rate for rate in rates) if wanted.get("falls") else rates,
        shift=wanted["shift"],
        spread=wanted["spread"],
        baseline_days=wanted["days"],
    ), wanted["alarms"]

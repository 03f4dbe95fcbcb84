"""The indicators that are watched in a topic, with how soon each would notice a rise at present volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handrail.domain.quality.watch.drift import DriftAlarm, DriftBaseline, DriftDay
from handrail.domain.rollout.preflight import WatchedTopic
from handrail.quality.statistics.power import noticed
from handrail.quality.statistics.worlds import Volume
from handrail.quality.watching.days import WatchTerms
from handrail.quality.watching.standing import standings

DAYS = 28
"""Days over which the present volume is taken."""
HISTORIES = 400
LEAST_RATE = 0.002
"""A share of nought in the baseline is no proof that nothing ever goes wrong."""
Watched = tuple[list[WatchedTopic], list[str]]


def watched_in(
    topic: str,
    terms: WatchTerms,
    baselines: Sequence[DriftBaseline],
    alarms: Sequence[DriftAlarm],
    recent: Mapping[str, Sequence[DriftDay]],
) -> Watched:
    """Return what can alarm in the topic, and of the rest in words why it cannot. `recent` are the last days by indicator."""
    signed = {one.series.words: one for one in baselines if one.topic == topic and not one.series.volume}
    ready: list[WatchedTopic] = []
    rest: list[str] = []
    for standing in standings(terms, baselines, alarms):
        one = signed.get(standing.series)
        if standing.armed and one is not None:
            ready.append(powered(one, recent.get(one.series.counted, ())))
        elif standing.series.endswith(f" of {topic}") and not standing.armed:
            rest.append(f"{standing.series}: {standing.state}")
    return ready, rest


def powered(one: DriftBaseline, recent: Sequence[DriftDay]) -> WatchedTopic:
    """Return the power of a signed series at the volume of the last 28 days, by simulation."""
    cases = sum(day.cases for day in recent) / DAYS
    rates = tuple(min(max(rate, LEAST_RATE), 1 - one.shift - LEAST_RATE) for rate in one.rates)
    volume = Volume((max(round(cases), 1),) * len(rates), rates, one.shift, one.spread, max(one.days, DAYS))
    delay = noticed(volume, one.threshold, histories=HISTORIES)
    return WatchedTopic(
        indicator=one.indicator,
        threshold=one.threshold,
        cases_a_day=cases,
        shift=one.shift,
        noticed_mean=delay.mean,
        noticed_p90=delay.p90,
        missed=delay.missed,
    )

"""Series as they stand: signed by whom, and able to alarm or not, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handrail.domain.quality.watch.drift import DriftAlarm, DriftBaseline, WatchedSeries
from handrail.quality.watching.days import WatchTerms, family

if TYPE_CHECKING:
    from handrail.domain.quality.watch.watched import WatchStanding

CLOSED = "the judge's gate is closed, so nothing is known (`handrail judge status`)"
UNSIGNED = "nobody has signed a baseline (`handrail drift baseline`)"


def unwatched(one: DriftBaseline, terms: WatchTerms) -> str | None:
    """Say why a signed series is not watched; None where it is."""
    if one.shortage:
        return "its baseline is too short or has too few cases"
    if one.series.judged and one.indicator not in terms.versions:
        return CLOSED
    if one.indicator not in terms.versions or (one.topic and one.topic not in terms.topics):
        return "its indicator or topic is not watched any more"
    if terms.versions[one.indicator] != one.version:
        return "its definition has changed since: a new baseline is needed"
    return None


def unsigned(indicator: str, terms: WatchTerms) -> str:
    """Say why a series that nobody has signed is not watched."""
    return UNSIGNED if indicator in terms.versions else CLOSED


def standings(terms: WatchTerms, baselines: Sequence[DriftBaseline], alarms: Sequence[DriftAlarm]) -> list[WatchStanding]:
    """Return every series of the family as it stands. `alarms` are those of these baselines."""
    from handrail.domain.quality.watch.watched import WatchStanding

    signed = {(one.indicator, one.topic): one for one in baselines}
    raised = {one.baseline_id: one for one in alarms}
    found: list[WatchStanding] = []
    for indicator, topic, part in family(terms):
        words = WatchedSeries(indicator=indicator, topic=topic).words
        one = signed.get((indicator, topic))
        if one is None:
            found.append(WatchStanding(series=words, alarms=part, armed=False, state=unsigned(indicator, terms)))
            continue
        state = _state(one, terms, raised.get(one.baseline_id))
        found.append(
            WatchStanding(
                series=words,
                accepted_by=one.accepted_by,
                since=one.since,
                until=one.until,
                watch_from=one.watch_from,
                alarms=one.alarms,
                armed=state is None,
                state=state or "watched",
            )
        )
    return found


def _state(one: DriftBaseline, terms: WatchTerms, alarm: DriftAlarm | None) -> str | None:
    if alarm is None:
        return one.shortage or unwatched(one, terms)
    if alarm.acknowledged_by is None:
        return f"alarm {alarm.alarm_id} stands, and nobody has acknowledged it"
    return f"alarm {alarm.alarm_id} was acknowledged: a new baseline has to be signed"

"""The evidence of an alarm: how many cases were bad, which slice moved, which cases to read, what changed that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.watch.drift import AlarmEvidence, DriftBaseline, SliceMoved
from handrail.ports.loop.drift import DriftRecord
from handrail.quality.watching.days import DAY, WatchTerms, days_between

if TYPE_CHECKING:
    from handrail.quality.watching.observations import Observations

MOST_SLICES = 12
ENOUGH = 30
"""Cases of a slice in the baseline's days from which its own share is taken; with fewer, that of the whole series."""


async def evidence(
    record: DriftRecord, terms: WatchTerms, seen: Observations, one: DriftBaseline, first: date, day: date
) -> AlarmEvidence:
    """Gather the evidence of an alarm whose days are `first` to `day`."""
    cases, bad, expected = _sums(seen, one, first, day)
    begins, ends = terms.begins(first), terms.begins(day + DAY)
    changes = await record.changes(first - DAY, day + DAY, begins - timedelta(days=1), ends)
    if one.series.volume:
        words = f"{cases:.0f} cases since {first}, where {expected:.0f} were expected"
        return AlarmEvidence(cases=cases, expected=expected, changes=changes, words=words)
    wanted = terms.judged.get(one.indicator)
    before = await record.slices(one.series, one.since, one.until)
    moved = contributions(before, await record.slices(one.series, first, day + DAY), one.bad / one.cases)
    shown, usual = one.series.bad(cases, bad), one.series.bad(cases, expected)
    most = next((each for each in moved if each.dimension in _parted(moved + before)), None)
    told = f"; most of it {most.dimension} {most.value or '(not known)'} ({most.share:.0%})" if most else ""
    return AlarmEvidence(
        cases=cases,
        bad=bad,
        expected=expected,
        slices=moved,
        case_ids=await (
            record.judged_bad_cases(wanted, first, day + DAY) if wanted else record.bad_cases(one.series, begins, ends)
        ),
        changes=changes,
        words=(
            f"{corrected_words(wanted, one, cases, bad, first)}{told}"
            if wanted
            else f"{shown:.0f} of {cases:.0f} since {first}, where {usual:.1f} were expected{told}"
        ),
    )


def corrected_words(wanted: JudgedTerms, one: DriftBaseline, cases: float, bad: float, first: date) -> str:
    """Say what share fails, without the judge's errors, beside the baseline's."""
    from handrail.quality.statistics.corrected import JudgeErrors, corrected  # scipy: a start of a worker waits for none

    right, wrong = wanted.sensitivity, wanted.specificity
    errors = JudgeErrors(right.value or 0, right.size, wrong.value or 0, wrong.size)
    now, usual = corrected(bad / cases, cases, errors), corrected(one.bad / one.cases, one.cases, errors)
    if now is None or usual is None:
        return f"the judge fails {bad / cases:.1%} since {first}, {one.bad / one.cases:.1%} before, and tells nothing apart"
    return (
        f"{now.value:.1%} fail since {first} ({now.low:.1%} to {now.high:.1%}), {usual.value:.1%} before; corrected for the "
        f"judge's errors, which says {now.raw:.1%} and {usual.raw:.1%}"
    )


def _sums(seen: Observations, one: DriftBaseline, first: date, day: date) -> tuple[float, float, float]:
    cases = bad = expected = 0.0
    for each in days_between(first, day + DAY):
        figures = seen.figures(one.series, each, one.version, one.levels)
        if figures is not None:
            normal = one.rates[each.weekday()]
            cases, bad = cases + figures[0], bad + figures[1]
            expected += normal if one.series.volume else normal * figures[0]
    return cases, bad, expected


def contributions(before: Sequence[SliceMoved], now: Sequence[SliceMoved], usual: float) -> list[SliceMoved]:
    """Return the slices with more bad cases than their own past lets expect, the largest part of a dimension's excess first.

    A slice that was hardly there is held against the share of the whole series (`usual`).
    """
    past = {(one.dimension, one.value): one for one in before}
    found: list[SliceMoved] = []
    for one in now:
        known = past.get((one.dimension, one.value))
        rate = known.bad / known.cases if known and known.cases >= ENOUGH else usual
        found.append(one.model_copy(update={"expected": one.cases * rate}))
    excess: dict[str, float] = {}
    for one in found:
        excess[one.dimension] = excess.get(one.dimension, 0) + max(one.bad - one.expected, 0)
    moved = [
        one.model_copy(update={"share": (one.bad - one.expected) / excess[one.dimension]})
        for one in found
        if one.bad > one.expected
    ]
    several = _parted(found)
    moved.sort(key=lambda one: (one.dimension not in several, -one.share, one.dimension, one.value))
    return moved[:MOST_SLICES]


def _parted(slices: Sequence[SliceMoved]) -> set[str]:
    """Return the dimensions that tell cases apart: with more than one value."""
    values = {(one.dimension, one.value) for one in slices}
    return {dimension for dimension, _ in values if sum(other == dimension for other, _ in values) > 1}

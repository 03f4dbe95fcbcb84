"""Sixty topics in which nothing goes wrong: alarms and steps of the governor of a whole year keep the one budget together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.watch.drift import (
    AlarmEvidence,
    AlarmKind,
    Detector,
    DriftAlarm,
    DriftBaseline,
    SliceMoved,
    WatchedSeries,
    fall_series,
)
from handrail.domain.quality.watch.governor import GovernorStep, StepKind, TopicNow
from handrail.quality.governor.loader import SHIPPED_GOVERNOR, load_governor
from handrail.quality.governor.rules import planned
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from handrail.quality.statistics.baselines import WEEK, Baseline, Counts
from handrail.quality.statistics.detectors import YEAR, EDetector, ZCusum
from handrail.quality.statistics.thresholds import rare_threshold
from handrail.quality.watching.baselines import PROOF, simulated, threshold_place, tuned_shift
from handrail.quality.watching.days import WatchTerms, family
from handrail.quality.watching.evidence import contributions
from handrail.quality.watching.loader import load_drift

TOPICS, YEARS, DAYS = 60, 20, 56
BUDGET = 1.0
SAMPLED, FAILED = 80, 0.2
"""Cases a day that a judge judges, and the share that it fails."""
SPREAD = 0.005
WEEKDAYS = np.array([18, 18, 18, 18, 18, 8, 8])
"""Cases a day of a topic."""
RATES = np.array([0.10, 0.10, 0.10, 0.10, 0.10, 0.13, 0.13])
START = date(2026, 3, 2)
OUTCOMES = load_outcomes(SHIPPED.parent)
TERMS = WatchTerms(
    load_drift(Path("nowhere"), OUTCOMES.value), OUTCOMES, {f"t{number}": Autonomy.AUTO for number in range(TOPICS)}
)
PARTS = [one for one in family(TERMS) if not WatchedSeries(indicator=one[0]).volume]
"""Every share that is watched as shipped, by topic and over all cases, with its part of the budget."""
GOVERNOR = load_governor(SHIPPED_GOVERNOR.parent).value


def quiet_days(random: np.random.Generator, count: int) -> tuple[Counts, Counts]:
    """Cases (days,) and bad ones (days, topics, years); topics have their good and bad days together."""
    weekday = np.arange(count) % WEEK
    size, rate = (1 - SPREAD) / SPREAD, RATES[weekday][:, np.newaxis]
    rates = random.beta(rate * size, (1 - rate) * size, (count, YEARS))
    bad = random.binomial(WEEKDAYS[weekday][:, np.newaxis, np.newaxis], rates[:, np.newaxis, :], (count, TOPICS, YEARS))
    return WEEKDAYS[weekday].astype(np.float64), bad.astype(np.float64)


@cache
def tuned(week: tuple[float, ...], alarms: float, failed: float | None = None, *, falls: bool = False) -> tuple[float, float]:
    """The shift and the threshold as they are found for a signed baseline; `failed` is the share that a judge fails."""
    share, rates, shift = (0.106, RATES.tolist(), 0.05) if failed is None else (failed, [failed] * WEEK, 0.08)
    if falls:
        share, rates = 1 - share, (1 - RATES).tolist()
    total = sum(week) * DAYS / WEEK
    one = DriftBaseline(
        indicator=fall_series("escalation") if falls else "escalation", since=START, until=START + timedelta(days=DAYS),
        watch_from=START, days=DAYS, version=1, definitions="",
        cases=total, bad=total * share, rates=rates, spread=SPREAD, shift=shift, alarms=alarms,
        week=list(week),
    )  # fmt: skip
    one = one.model_copy(update={"shift": tuned_shift(shift, one, SPREAD)})
    return one.shift, rare_threshold(*simulated(threshold_place(one)))


def first_alarms(
    cases: Counts, bad: Counts, alarms: float, failed: float | None = None, *, falls: bool = False
) -> list[tuple[int, int, int]]:
    """(column, day, days since the sum was nought) of the first alarm of each column of `bad` (days, columns)."""
    weekday = np.arange(len(cases)) % WEEK
    all_cases = np.repeat(cases[:, np.newaxis], bad.shape[1], axis=1)
    baseline = Baseline.learned(weekday[:DAYS], all_cases[:DAYS], bad[:DAYS])
    cusum = ZCusum(baseline, *tuned(tuple(cases[:WEEK].tolist()), alarms, failed, falls=falls))
    proof = EDetector(baseline, YEAR / (alarms * PROOF))
    found: dict[int, tuple[int, int, int]] = {}
    for day in range(DAYS, len(cases)):
        today = int(weekday[day]), all_cases[day], bad[day]
        for column in np.flatnonzero(cusum.step(*today) | proof.step(*today)):
            found.setdefault(int(column), (int(column), day, max(int(cusum.since[column]), 1)))
    return list(found.values())


def alarm(number: int, day: int, topic: str, slices: list[SliceMoved]) -> DriftAlarm:
    on = START + timedelta(days=day)
    return DriftAlarm(
        alarm_id=number, kind=AlarmKind.DRIFT, detector=Detector.Z_CUSUM, day=on, first_day=on, indicator="escalation",
        topic=topic, evidence=AlarmEvidence(slices=slices),
    )  # fmt: skip


def moved(cases: Counts, bad: Counts, first: int, day: int) -> list[SliceMoved]:
    """The topics' parts in a rise of all cases; both are (days, topics) of one year."""

    def sums(since: int, until: int) -> list[SliceMoved]:
        return [
            SliceMoved(
                dimension="topic", value=f"t{topic}", cases=cases[since:until, topic].sum(), bad=bad[since:until, topic].sum(),
                expected=0, share=0,
            )
            for topic in range(TOPICS)
        ]  # fmt: skip

    return contributions(sums(0, DAYS), sums(first, day + 1), 0.106)


def steps_of(alarms: list[DriftAlarm]) -> int:
    """Steps down over a year: the governor meets each day's alarms."""
    steps: list[GovernorStep] = []
    for one in sorted(alarms, key=lambda each: (each.day, each.alarm_id)):
        low = {step.topic for step in steps if step.kind is StepKind.DOWN}
        topics = {
            name: TopicNow(topic=name, level=Autonomy.REVIEW if name in low else Autonomy.AUTO, volume=1 / TOPICS)
            for name in (f"t{number}" for number in range(TOPICS))
        }
        now = datetime(one.day.year, one.day.month, one.day.day, tzinfo=UTC)
        taken = planned(GOVERNOR, [one], topics, steps, one.day, now)
        steps += [step.model_copy(update={"at": now}) for step in taken]
    return sum(step.kind is StepKind.DOWN for step in steps)


def judged_days(random: np.random.Generator, count: int) -> tuple[Counts, Counts]:
    """Cases that a judge judges and those that it fails, both (days, topics, years): the sample falls on topics by chance."""
    cases = random.multinomial(SAMPLED, [1 / TOPICS] * TOPICS, (count, YEARS)).transpose(0, 2, 1)
    size = (1 - SPREAD) / SPREAD
    rates = random.beta(FAILED * size, (1 - FAILED) * size, (count, 1, YEARS))
    return cases.astype(np.float64), random.binomial(cases, rates).astype(np.float64)


def parts_of(indicator: str) -> tuple[float, float]:
    """The indicator's part of the budget over all cases, and in each topic."""
    found = {topic: part for name, topic, part in PARTS if name == indicator}
    return found[""], found.get("t0", 0.0)


def test_a_year_of_sixty_topics_in_which_nothing_goes_wrong_keeps_the_budget() -> None:
    random, by_year, number = np.random.default_rng(5), dict[int, list[DriftAlarm]](), 0
    for indicator in sorted({name for name, _, _ in PARTS}):
        judged, falls = WatchedSeries(indicator=indicator).judged, WatchedSeries(indicator=indicator).falls
        whole, each = parts_of(indicator)
        if judged:
            several, bad = judged_days(random, DAYS + YEAR)
            found = first_alarms(several.sum(axis=(1, 2)) / YEARS, bad.sum(axis=1), whole, FAILED)
        else:
            cases, bad = quiet_days(random, DAYS + YEAR)
            several = np.broadcast_to(cases[:, np.newaxis, np.newaxis], bad.shape)
            bad = several - bad if falls else bad
            by_topic = first_alarms(cases, bad.reshape(len(cases), -1), each, falls=falls) if each else []
            for column, day, _since in by_topic:
                number += 1
                by_year.setdefault(column % YEARS, []).append(alarm(number, day, f"t{column // YEARS}", []))
            found = first_alarms(cases * TOPICS, bad.sum(axis=1), whole, falls=falls)
        for year, day, since in found:
            number += 1
            slices = moved(several[:, :, year], bad[:, :, year], day - since + 1, day)
            by_year.setdefault(year, []).append(alarm(number, day, "", slices))
    steps = sum(steps_of(alarms) for alarms in by_year.values())
    print(f"{number} alarms and {steps} steps in {YEARS} quiet years of {TOPICS} topics, {len(PARTS)} series")  # noqa: T201
    assert stats.poisson(YEARS * BUDGET).sf(number - 1) > 0.01, number
    assert stats.poisson(YEARS * BUDGET).sf(steps - 1) > 0.01, steps
    assert steps <= number, (steps, number)


@pytest.mark.parametrize("part", [1.0, 0.05])
def test_rounding_what_is_simulated_keeps_the_alarms_rather_too_few(part: float) -> None:
    random = np.random.default_rng(3)
    cases, bad = quiet_days(random, DAYS + 2 * YEAR)
    found = first_alarms(cases, bad.reshape(len(cases), TOPICS * YEARS), part)
    histories = TOPICS * YEARS
    expected = histories * (1 - np.exp(-part * 2))
    assert len(found) <= expected * 1.35, (len(found), expected)


def test_a_small_topic_is_tuned_to_a_rise_that_its_baseline_can_tell() -> None:
    small, rare = tuned((16.0,) * WEEK, 0.001)
    large, usual = tuned((900.0,) * WEEK, 0.05)
    assert (small > 0.09, large) == (True, 0.05)
    # A rise by thirty points is noticed within a week in both.
    a_day = (0.30 - small / 2) / np.sqrt(0.106 * 0.894 * (1 + 15 * SPREAD) / 16)
    assert rare / a_day < 7
    assert usual < rare

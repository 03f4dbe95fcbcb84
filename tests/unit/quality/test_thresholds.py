"""Thresholds and counts keep the budget of false alarms, for one series and for the whole system together."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from handrail.quality.statistics.baselines import WEEK, Baseline
from handrail.quality.statistics.counts import CountBaseline
from handrail.quality.statistics.detectors import YEAR, ZCusum
from handrail.quality.statistics.power import calibrated
from handrail.quality.statistics.thresholds import rare_threshold
from handrail.quality.statistics.worlds import Volume

SPREAD = 0.005


def test_a_threshold_within_what_was_simulated_agrees_with_the_other_way_to_find_it() -> None:
    volume = Volume.even(200, 0.10, 0.05, SPREAD)
    found = rare_threshold(volume, 1.0)
    assert found == pytest.approx(calibrated(volume, 1.0, np.random.default_rng(7), 800), rel=0.1)
    assert rare_threshold(Volume.even(200, 0.10, 0.05, SPREAD), 0.01) > found + 2


def test_columns_have_shifts_and_thresholds_of_their_own() -> None:
    week = np.tile(np.arange(WEEK), 4)
    baseline = Baseline.learned(week, np.full((28, 2), 100.0), np.full((28, 2), 10.0))
    cusum = ZCusum(baseline, np.array([0.05, 0.05]), np.array([2.0, 50.0]))
    assert cusum.step(0, np.full(2, 100.0), np.full(2, 25.0)).tolist() == [True, False]


def growing(random: np.random.Generator, days: int, mean: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    weekday = np.arange(days) % WEEK
    means = mean * np.where(weekday < 5, 1.0, 0.4)
    size = 1 / 0.02
    return random.negative_binomial(size, size / (size + means)).astype(np.float64)


def test_falling_counts_are_rare_by_chance_and_seen_when_they_fall() -> None:
    random, alpha, alarms, histories = np.random.default_rng(2), 0.5 / 2 / YEAR, 0, 40
    weekdays = np.arange(56 + YEAR) % WEEK
    for _ in range(histories):
        counts = growing(random, 56 + YEAR, 40)
        baseline = CountBaseline.learned(weekdays[:56], counts[:56])
        for number in range(62, 56 + YEAR):
            day, week = slice(number, number + 1), slice(number - 6, number + 1)
            alarms += baseline.chance(weekdays[day], counts[day].sum()) < alpha
            alarms += baseline.chance(weekdays[week], counts[week].sum()) < alpha
    assert stats.poisson(histories * 0.5).sf(alarms - 1) > 0.01, alarms
    assert baseline.chance(np.array([0]), 0) < alpha
    assert baseline.chance(np.arange(WEEK), counts[56:63].sum() * 0.5) < alpha


def test_counts_of_too_few_days_are_refused() -> None:
    start = date(2026, 3, 2)
    weekdays = np.array([(start + timedelta(days=number)).weekday() for number in range(27)])
    with pytest.raises(ValueError, match="28 days"):
        CountBaseline.learned(weekdays, np.full(27, 10.0))

"""Detectors of drift keep their promises over simulated years: alarms are early, and false ones as rare as was asked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.quality.statistics.baselines import WEEK, Baseline, Counts
from handrail.quality.statistics.detectors import YEAR, EDetector, ZCusum
from handrail.quality.statistics.power import calibrated, power
from handrail.quality.statistics.worlds import Volume

HISTORIES = 400
RATES = np.array([0.10, 0.10, 0.10, 0.10, 0.10, 0.14, 0.15])
"""A share of bad cases that is higher at weekends."""
CASES = np.array([60, 60, 60, 60, 60, 25, 25])


@pytest.mark.parametrize(
    ("cases", "spread", "days"), [(200, 0.0, 2.5), (200, 0.005, 4.4), (80, 0.005, 6.5), (40, 0.005, 10.0)]
)
def test_a_rise_from_10_to_15_percent_is_noticed_as_early_as_known_for_the_method(
    cases: int, spread: float, days: float
) -> None:
    found = power(Volume.even(cases, 0.10, 0.05, spread), histories=HISTORIES)
    assert found.delay.mean == pytest.approx(days, rel=0.2)
    assert found.false_alarms == pytest.approx(1.0, abs=0.2)
    assert found.proof_false_alarms < 1.0
    assert found.delay.missed == 0


def test_fewer_false_alarms_cost_days_and_the_same_seed_gives_the_same_figures() -> None:
    volume = Volume.even(200, 0.10, 0.05, 0.005)
    rare = power(volume, alarms=0.1, histories=HISTORIES)
    assert rare.false_alarms == pytest.approx(0.1, abs=0.05)
    assert rare.delay.mean == pytest.approx(6.5, rel=0.2)
    assert power(volume, histories=20) == power(volume, histories=20)


def day(random: np.random.Generator, number: int, histories: int, rise: float = 0.0) -> tuple[int, Counts, Counts]:
    """A day of a growing business that is quieter at weekends, and whose days differ."""
    weekday = number % WEEK
    cases = np.full(histories, round(CASES[weekday] * (1 + number / YEAR)))
    size = (1 - 0.005) / 0.005
    rate = RATES[weekday] + rise
    bad = random.binomial(cases, random.beta(rate * size, (1 - rate) * size, histories))
    return weekday, cases.astype(np.float64), bad.astype(np.float64)


def test_three_hundred_quiet_years_with_weekends_and_growth_keep_the_budget() -> None:
    random, years = np.random.default_rng(11), 300
    before = [day(random, number, years) for number in range(8 * WEEK)]
    baseline = Baseline.learned(
        np.array([weekday for weekday, _, _ in before]),
        np.stack([cases for _, cases, _ in before]),
        np.stack([bad for _, _, bad in before]),
    )
    assert np.median(baseline.rates[6]) > np.median(baseline.rates[1])
    threshold = calibrated(Volume(tuple(map(int, CASES)), tuple(map(float, RATES)), 0.05, 0.005), 1.0, random, HISTORIES)
    cusum, proof = ZCusum(baseline, 0.05, threshold), EDetector(baseline, YEAR)
    alarms = proofs = 0
    for number in range(8 * WEEK, 8 * WEEK + YEAR):
        today = day(random, number, years)
        alarms += int(cusum.step(*today).sum())
        proofs += int(proof.step(*today).sum())
    assert stats.poisson(years).sf(alarms - 1) > 0.01, alarms
    assert stats.poisson(years).sf(proofs - 1) > 0.01, proofs
    risen = [day(random, number, years, 0.05) for number in range(30)]
    assert np.any([cusum.step(*today) for today in risen], axis=0).mean() > 0.9


def test_the_first_suspicious_day_is_told_and_a_day_without_cases_changes_nothing() -> None:
    week = np.tile(np.arange(WEEK), 4)
    baseline = Baseline.learned(week, np.full((28, 1), 100.0), np.full((28, 1), 10.0))
    cusum, proof, none = ZCusum(baseline, 0.05, 3.0), EDetector(baseline, YEAR), np.zeros(1)
    hundred = np.full(1, 100.0)
    assert not cusum.step(0, hundred, np.full(1, 5.0)).any()
    assert cusum.since[0] == 0
    assert not cusum.step(1, hundred, np.full(1, 16.0)).any()
    before, wealth = cusum.total.copy(), proof.wealth.copy()
    cusum.step(2, none, none)
    proof.step(2, none, none)
    assert cusum.total == before
    assert np.array_equal(proof.wealth, wealth)
    assert cusum.step(3, hundred, np.full(1, 30.0)).all()
    assert cusum.since[0] == 3
    assert cusum.total[0] == 0


@pytest.mark.parametrize(("days", "cases", "words"), [(27, 10.0, "28 days, here are 27"), (28, 0.0, "needs cases")])
def test_a_baseline_of_too_little_is_refused(days: int, cases: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Baseline.learned(np.arange(days) % WEEK, np.full((days, 1), cases), np.zeros((days, 1)))


def test_a_baseline_without_a_bad_case_expects_one_some_day() -> None:
    baseline = Baseline.learned(np.arange(28) % WEEK, np.full((28, 1), 10.0), np.zeros((28, 1)))
    assert 0 < baseline.rates.min() < 0.01


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--p0", "1.1", "--shift", "0.05"], "--p0: 1.1 is no share"),
        (["--p0", "0.9", "--shift", "0.2"], "less than 0.1"),
        (["--p0", "0.1", "--shift", "0.05", "--spread", "1"], "--spread: 1 is no correlation"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(given: list[str], words: str) -> None:
    found = CliRunner().invoke(app, ["drift", "power", "--n", "50", *given])
    assert found.exit_code != 0
    assert words in found.stderr


def test_the_command_prints_both_detectors() -> None:
    given = ["drift", "power", "--n", "200", "--p0", "0.10", "--shift", "0.05", "--spread", "0", "--json"]
    (found,) = json.loads(CliRunner().invoke(app, given).stdout)
    assert found["delay"]["mean"] < found["proof_delay"]["mean"]

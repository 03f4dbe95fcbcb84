"""Intervals against known values, and what must hold of them whatever the numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from handrail.domain.outcomes import Statistic
from handrail.quality.outcomes import statistics
from handrail.quality.outcomes.statistics import (
    bootstrap_by_customer,
    center,
    interval_by_customer,
    mean_by_customer,
    median_by_customer,
    wilson,
)

VALUED = (Statistic.MEAN, Statistic.MEDIAN)
Cases = list[tuple[str, float]]
cases = st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.integers(0, 1_000).map(float)), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(7, 10, 0.3968, 0.8922), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 1_000, 0.0381, 0.0653)],
)
def test_wilson_gives_the_printed_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n, 0.95) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from((0.8, 0.95, 0.999)))
def test_wilson_is_that_of_scipy(counted: tuple[int, int], confidence: float) -> None:
    expected = binomtest(*counted).proportion_ci(confidence, "wilson")
    assert wilson(*counted, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_no_share_has_no_interval(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n, 0.95)


@settings(deadline=None)
@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_bounds(counted: tuple[int, int]) -> None:
    successes, n = counted
    low, high = wilson(successes, n, 0.95)
    assert -1e-12 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1 + 1e-12
    wider = wilson(successes, n, 0.99)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


def interval(found: Cases, statistic: Statistic) -> tuple[float, float] | None:
    return bootstrap_by_customer([value for _, value in found], [owner for owner, _ in found], statistic, 0.95, 200)


@settings(deadline=None)
@given(cases, st.sampled_from(VALUED), st.integers(2, 5))
def test_the_bootstrap_counts_customers_and_not_their_cases(found: Cases, statistic: Statistic, times: int) -> None:
    once = interval(found, statistic)
    assert (once is None) == (len({owner for owner, _ in found}) < 2)
    if once is None:
        return
    # The same cases of the same customers many times over are no new evidence, in whatever order they come.
    assert interval(found * times, statistic) == pytest.approx(once)
    assert interval(found[::-1], statistic) == pytest.approx(once)
    values = [value for _, value in found]
    assert min(values) <= once[0] <= once[1] <= max(values)


def test_the_bootstrap_agrees_with_the_textbook_where_cases_are_independent() -> None:
    values = [float(n * 37 % 101) for n in range(400)]
    low, high = bootstrap_by_customer(values, [f"C{n}" for n in range(400)], Statistic.MEAN, 0.95, 4_000) or (0, 0)
    mean = center(values, Statistic.MEAN)
    error = (sum((one - mean) ** 2 for one in values) / 400) ** 0.5 / 20
    assert (low, high) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.15 * error)


def customers_with_cases(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of one to six cases for each customer, which resemble one another: their median is 2, their mean 2."""
    place = np.repeat(np.arange(count), generator.integers(1, 7, count))
    return 2 + generator.normal(size=count)[place] + 0.5 * generator.normal(size=len(place)), place


@pytest.mark.parametrize(
    ("statistic", "by_sums"), [(Statistic.MEAN, mean_by_customer), (Statistic.MEDIAN, median_by_customer)]
)
def test_sums_by_customer_agree_with_the_bootstrap(statistic: Statistic, by_sums: Callable[..., tuple[float, float]]) -> None:
    values, place = customers_with_cases(np.random.default_rng(7), 2_000)
    drawn = bootstrap_by_customer(values, place, statistic, 0.95, 2_000)
    assert drawn is not None
    width = drawn[1] - drawn[0]
    assert by_sums(values, place, 0.95) == pytest.approx(drawn, abs=0.1 * width)


@pytest.mark.parametrize("by_sums", [mean_by_customer, median_by_customer])
def test_sums_by_customer_hold_the_truth_as_often_as_they_say(by_sums: Callable[..., tuple[float, float]]) -> None:
    generator = np.random.default_rng(11)
    intervals = [by_sums(*customers_with_cases(generator, 400), 0.95) for _ in range(600)]
    held = sum(low <= 2 <= high for low, high in intervals)
    # 570 of 600 are expected; three standard errors are 16.
    assert 554 <= held <= 586


def test_very_many_customers_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    values, place = customers_with_cases(np.random.default_rng(3), 60)
    for statistic, by_sums in ((Statistic.MEAN, mean_by_customer), (Statistic.MEDIAN, median_by_customer)):
        drawn = bootstrap_by_customer(values, place, statistic, 0.95, 300)
        # Places of customers without a case among these are no customers.
        assert interval_by_customer(values, 3 * place + 1, statistic, 0.95, 300) == drawn
        monkeypatch.setattr(statistics, "FEW", 59)
        assert interval_by_customer(values, 3 * place + 1, statistic, 0.95, 300) == by_sums(values, place, 0.95)
        monkeypatch.undo()
    assert interval_by_customer(values, np.zeros(len(values), int), Statistic.MEAN, 0.95, 300) is None

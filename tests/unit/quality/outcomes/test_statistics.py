"""Intervals against known values, and what must hold of them whatever the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.domain.outcomes import Statistic
from handrail.quality.outcomes.statistics import bootstrap_by_customer, center, wilson

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

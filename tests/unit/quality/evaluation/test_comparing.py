"""Figures of an evaluation against textbook values, and verdicts that little evidence does not pass."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from handrail.domain.quality.evaluation.evaluations import Bounds, EvaluationTerms
from handrail.quality.evaluation.comparing import change, compared, pass_power, quantile, verdict
from tests.unit.quality.evaluation.figures import PARTS, made, variant


def test_pass_powers_are_those_of_the_unbiased_estimator() -> None:
    some = made(4, 3, 2, 0)
    assert pass_power(some, 1) == pytest.approx((1 + 3 / 4 + 2 / 4 + 0) / 4)
    assert pass_power(some, 2) == pytest.approx((1 + 3 / 6 + 1 / 6 + 0) / 4)
    assert pass_power(some, 4) == pytest.approx(1 / 4)
    assert variant(4, 3, 2, 0).pass_at == sorted(variant(4, 3, 2, 0).pass_at, reverse=True)
    assert pass_power([], 1) == 0.0


def test_a_variant_says_what_flips_and_how_long_it_took() -> None:
    found = variant(4, 3, 2, 0)
    assert (found.tests, found.passed, found.flips, found.flipped) == (4, 2, ["c-1", "c-2"], 2)
    assert (found.p50_seconds, found.p95_seconds) == (2.5, 3.85)
    assert quantile([], 0.5) is None


def test_better_and_worse_are_told_apart_and_tested_in_pairs() -> None:
    before, now = variant(0, 0, 0, 0, 0, 0, 0, 4, 4, 4), variant(4, 4, 4, 4, 4, 4, 0, 0, 4, 4)
    found = compared(before, now, Bounds())
    assert (found.improved, found.worsened, found.same) == (6, 1, 3)
    assert (found.better[0], found.worse) == ("c-0", ["c-7"])
    assert found.p_value == pytest.approx(binomtest(6, 7, 0.5).pvalue)
    assert compared(before, before, Bounds()).p_value == 1.0


def test_the_bound_of_a_change_is_agresti_and_mins() -> None:
    # 60 pairs, 3 better and 5 worse; half a pseudo-observation in each cell of the table.
    pairs = [(0.0, 1.0)] * 3 + [(1.0, 0.0)] * 5 + [(1.0, 1.0)] * 40 + [(0.0, 0.0)] * 12
    found = change("passed", pairs, 1, 0.05)
    n, b, c = 62, 3.5, 5.5
    mean = (b - c) / n
    spread = ((b + c) - (b - c) ** 2 / n) / n**2
    assert found.low == pytest.approx(mean - 1.6448536 * spread**0.5, abs=1e-6)
    assert found.change == pytest.approx(-2 / 60)
    assert not found.not_worse


@pytest.mark.parametrize(
    ("count", "margin", "enough"), [(30, 0.05, False), (31, 0.05, True), (14, 0.1, False), (15, 0.1, True)]
)
def test_without_a_difference_a_margin_still_takes_so_many_tests(count: int, margin: float, enough: bool) -> None:
    assert change("passed", [(1.0, 1.0)] * count, 1, margin).not_worse is enough


def test_a_share_of_failures_counts_the_other_way_round() -> None:
    risen = change("refused", [(0.0, 1.0)] * 40, -1, 0.05)
    fallen = change("refused", [(1.0, 0.0)] * 40, -1, 0.05)
    assert (risen.change, risen.not_worse) == (1.0, False)
    assert (fallen.change, fallen.not_worse) == (-1.0, True)


def test_a_verdict_asks_for_each_thing_by_itself() -> None:
    terms = EvaluationTerms(minimum=4, at_least=0.75)
    assert verdict(variant(4, 4, 4, 0), None, terms) == (
        True,
        ["yes: 4 tests, 4 needed", "yes: 3 of 4 pass, 75% needed"],
    )
    assert verdict(variant(4, 4, 4), None, terms)[0] is False
    assert verdict(variant(4, 4, 0, 0), None, terms)[0] is False
    many = variant(*[4] * 40)
    worse = variant(*[4] * 34, *[0] * 6)
    assert verdict(many, compared(many, many, Bounds()), terms)[0] is True
    passed, why = verdict(worse, compared(many, worse, Bounds()), terms)
    assert passed is False
    assert [line.split(":")[1].strip() for line in why if line.startswith("no")] == ["passed"]


def test_a_release_is_all_that_answers_and_nothing_else() -> None:
    assert PARTS.release == PARTS.model_copy().release
    for name in ("model", "prompts", "policies", "topics", "graph", "router"):
        assert PARTS.model_copy(update={name: "other"}).release != PARTS.release
    assert PARTS.model_copy(update={"reported": ["m-2"]}).release != PARTS.release

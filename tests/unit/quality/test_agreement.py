"""A judge's agreement with people, rates without its errors, a judge that moved: coverage and errors, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from handrail.quality.statistics import agreement as subject
from handrail.quality.statistics.agreement import LabelledCase, agreement, kappa_of
from handrail.quality.statistics.anchors import JudgedTwice, movement
from handrail.quality.statistics.corrected import JudgeErrors, corrected

HISTORIES = 120


def labelled(
    generator: np.random.Generator, cases: int, bad: float, right: tuple[float, float], passes: float
) -> list[LabelledCase]:
    """Cases judged, and labelled: all that the judge fails, and `passes` of what it passes."""
    fails = generator.random(cases) < bad
    judged = np.where(fails, generator.random(cases) < right[0], generator.random(cases) >= right[1])
    probability = np.where(judged, 1.0, passes)
    chosen = generator.random(cases) < probability
    return [
        LabelledCase(bool(human), bool(judge), float(chance), "fail" if judge else "pass")
        for human, judge, chance in zip(fails[chosen], judged[chosen], probability[chosen], strict=True)
    ]


def covered(hits: int, of: int) -> None:
    """The interval of 95 % holds the truth in no fewer than 92 of 100 histories: more than that is rejected at 1 in 1,000."""
    assert binomtest(hits, of, 0.92, alternative="less").pvalue > 0.001, f"{hits} of {of}"


@pytest.mark.parametrize(
    ("cases", "bad", "right", "passes"),
    [(400, 0.15, (0.9, 0.9), 0.25), (800, 0.08, (0.9, 0.95), 0.12), (300, 0.3, (0.85, 0.85), 1.0)],
)
def test_intervals_hold_the_truth(
    monkeypatch: pytest.MonkeyPatch, cases: int, bad: float, right: tuple[float, float], passes: float
) -> None:
    monkeypatch.setattr(subject, "DRAWS", 400)
    monkeypatch.setattr(subject, "RESAMPLES", 1)
    generator = np.random.default_rng(7)
    sensitive, specific, rates = 0, 0, 0
    for history in range(HISTORIES):
        found = agreement(labelled(generator, cases, bad, right, passes), seed=history)
        tpr, tnr = found.sensitivity, found.specificity
        assert tpr.value is not None
        assert tnr.value is not None
        sensitive += tpr.low <= right[0] <= tpr.high
        specific += tnr.low <= right[1] <= tnr.high
        fails = generator.random(300) < bad
        judged = np.where(fails, generator.random(300) < right[0], generator.random(300) >= right[1])
        rate = corrected(float(judged.mean()), 300, JudgeErrors(tpr.value, tpr.size, tnr.value, tnr.size))
        rates += rate is not None and rate.low <= bad <= rate.high
    for hits in (sensitive, specific, rates):
        covered(hits, HISTORIES)


def test_weights_take_the_choice_of_cases_back() -> None:
    """Of 100 passes one in ten was labelled: ten of them stand for a hundred."""
    cases = [
        *[LabelledCase(True, True, 1.0, "fail")] * 8,
        *[LabelledCase(False, True, 1.0, "fail")] * 2,
        *[LabelledCase(True, False, 0.1, "pass")] * 1,
        *[LabelledCase(False, False, 0.1, "pass")] * 9,
    ]
    found = agreement(cases)
    assert found.sensitivity.value == pytest.approx(8 / 18)
    assert found.specificity.value == pytest.approx(90 / 92)
    assert (found.cases, found.fails) == (20, 9)
    assert found.sensitivity.low < 8 / 18 < found.sensitivity.high
    assert found.sensitivity.size < 9, "one labelled case that stands for ten says less than ten labelled ones"


def test_what_is_never_seen_keeps_the_bound_down() -> None:
    """No miss among 20 labelled of 400 passes does not prove that there is none."""
    seen = [LabelledCase(True, True, 1.0, "fail")] * 20
    rare = agreement([*seen, *[LabelledCase(False, False, 0.05, "pass")] * 20])
    all_of_them = agreement([*seen, *[LabelledCase(False, False, 1.0, "pass")] * 20])
    assert rare.sensitivity.value == all_of_them.sensitivity.value == 1.0
    assert rare.sensitivity.low < 0.6 < 0.8 < all_of_them.sensitivity.low


def test_kappa_is_that_of_the_textbook() -> None:
    """Cohen's example of 50 cases: 20 and 15 alike, 5 and 10 not; kappa 0.4."""
    first = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = kappa_of(first, second)
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    assert kappa_of([True, True], [True, False]).value is None


def test_a_judge_that_guesses_has_no_kappa() -> None:
    generator = np.random.default_rng(3)
    found = agreement(labelled(generator, 400, 0.5, (0.5, 0.5), 1.0))
    assert found.kappa.low < 0 < found.kappa.high


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.1])
def test_a_probability_that_is_none(probability: float) -> None:
    with pytest.raises(ValueError, match="probability above 0"):
        LabelledCase(True, True, probability)


def test_the_correction_is_rogans_and_gladens() -> None:
    found = corrected(0.24, 1_000, JudgeErrors(0.90, 500, 0.85, 500))
    assert found is not None
    assert found.value == pytest.approx((0.24 + 0.85 - 1) / (0.90 + 0.85 - 1))
    assert found.low < found.value < found.high


def test_more_labels_make_the_interval_narrower_and_more_cases_do_too() -> None:
    def width(n: float, m: float) -> float:
        found = corrected(0.24, n, JudgeErrors(0.90, m, 0.85, m))
        assert found is not None
        return found.high - found.low

    assert width(500, 50) > width(500, 500) > width(5_000, 500)
    assert width(1_000_000, 50) > 0.1, "many judged cases cannot make up for few labels"


def test_a_judge_that_tells_nothing_apart_gives_no_rate() -> None:
    assert corrected(0.5, 100, JudgeErrors(0.5, 50, 0.5, 50)) is None
    with pytest.raises(ValueError, match="at least one"):
        corrected(0.5, 100, JudgeErrors(0.9, 0, 0.9, 50))
    with pytest.raises(ValueError, match="no part of 1"):
        corrected(1.5, 100, JudgeErrors(0.9, 50, 0.9, 50))


def judged_again(generator: np.random.Generator, now: tuple[float, float], fails: int = 25) -> list[JudgedTwice]:
    """Fifty transcripts judged by a judge of 0.95 and 0.95 in three runs, then by another one."""
    truth = [True] * fails + [False] * (50 - fails)

    def runs(right: tuple[float, float]) -> list[int]:
        return [int(generator.binomial(3, right[0] if bad else 1 - right[1])) for bad in truth]

    return [JudgedTwice(*pair, 3) for pair in zip(runs((0.95, 0.95)), [3] * 50, runs(now), strict=True)]


def test_a_judge_that_stays_is_seldom_said_to_move() -> None:
    generator = np.random.default_rng(11)
    moved = sum(movement(judged_again(generator, (0.95, 0.95))).moved for _ in range(1_500))
    assert binomtest(moved, 1_500, 0.001, alternative="greater").pvalue > 0.01, moved


@pytest.mark.parametrize("now", [(0.95, 0.5), (0.4, 0.95), (0.5, 0.5)])
def test_a_judge_that_moved_is_mostly_noticed_on_its_first_day(now: tuple[float, float]) -> None:
    generator = np.random.default_rng(13)
    assert sum(movement(judged_again(generator, now)).moved for _ in range(100)) >= 75


def test_as_many_that_turn_one_way_as_the_other_are_noticed_too() -> None:
    half = [JudgedTwice(3, 3, 0, 3)] * 12 + [JudgedTwice(0, 3, 3, 3)] * 12 + [JudgedTwice(0, 3, 0, 3)] * 26
    found = movement(half)
    assert (found.stricter, found.milder, found.p_direction) == (12, 12, 1.0)
    assert found.moved
    assert movement([]).p_number == 1.0

"""The sample: known probabilities, nothing risky left out, the same whenever it is drawn; and what is estimated from it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.definitions import Document
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.quality.drawing import allocate, draw
from handrail.domain.quality.samples import CaseRisk, EndedCase, QualitySettings
from handrail.quality.scoring.loader import load_quality, read_quality
from handrail.quality.statistics.estimates import weighted_share

DAY = date(2026, 5, 4)
SETTINGS = QualitySettings()


def ended(number: int, topic: str = "refund", risk: CaseRisk = CaseRisk.PLAIN, start: int = 0) -> list[EndedCase]:
    return [EndedCase(case_id=f"{topic}-{risk}-{n}", topic=topic, risk=risk) for n in range(start, start + number)]


MIXED = [
    *ended(900),
    *ended(60, risk=CaseRisk.EFFECT),
    *ended(2, risk=CaseRisk.ESCALATED),
    *ended(400, "address"),
    *ended(30, "address", CaseRisk.LOW_CONFIDENCE),
    *ended(1, "address", CaseRisk.POLICY_HIT),
]


def test_the_same_cases_are_drawn_in_whatever_order_they_come() -> None:
    drawn = draw(DAY, MIXED, SETTINGS)
    assert draw(DAY, MIXED[::-1], SETTINGS) == drawn
    assert len(drawn) == SETTINGS.per_day
    other = {case.case_id for case in draw(DAY + timedelta(days=1), MIXED, SETTINGS)}
    assert other != {case.case_id for case in drawn}


def test_every_case_carries_the_probability_with_which_its_stratum_is_drawn() -> None:
    sizes = Counter(case.stratum for case in MIXED)
    drawn = draw(DAY, MIXED, SETTINGS)
    taken = Counter(case.stratum for case in drawn)
    assert set(taken) == set(sizes), "no stratum goes without"
    for case in drawn:
        assert case.probability == taken[case.stratum] / sizes[case.stratum]
        assert (case.stratum_drawn, case.stratum_cases) == (taken[case.stratum], sizes[case.stratum])
    assert sum(1 / case.probability for case in drawn) == pytest.approx(len(MIXED))
    assert taken["refund/escalated"] == 2
    assert taken["refund/effect"] / 60 > 2.5 * taken["refund/plain"] / 900, "what is risky is drawn more often"


def test_a_small_day_is_drawn_whole_and_people_get_their_share() -> None:
    drawn = draw(DAY, ended(45), SETTINGS)
    assert {case.probability for case in drawn} == {1.0}
    assert sum(case.for_people for case in drawn) == SETTINGS.people_minimum
    assert all(case.for_people for case in draw(DAY, ended(7), SETTINGS))
    assert draw(DAY, [], SETTINGS) == []
    large = draw(DAY, ended(5000), QualitySettings(per_day=400))
    assert sum(case.for_people for case in large) == 40
    assert {round(case.people_probability, 9) for case in large} == {40 / 5000}


def test_more_strata_than_wanted_cases_have_one_each() -> None:
    many = [case for n in range(120) for case in ended(5, f"topic{n}")]
    drawn = draw(DAY, many, QualitySettings(per_day=80, minimum_per_stratum=3))
    assert len(drawn) == 120
    assert set(Counter(case.stratum for case in drawn).values()) == {1}


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 300), min_size=1, max_size=30),
    wanted=st.integers(80, 400),
    minimum=st.integers(1, 10),
)
def test_shares_add_up_and_keep_their_bounds(sizes: dict[str, int], wanted: int, minimum: int) -> None:
    weights = {name: 1.0 + len(name) for name in sizes}
    given_out = allocate(sizes, weights, wanted, minimum)
    assert sum(given_out.values()) == min(sum(sizes.values()), wanted)
    assert all(1 <= given_out[name] <= sizes[name] for name in sizes)


def test_each_case_is_drawn_as_often_as_its_probability_says() -> None:
    """Over 200 days: binomial bounds of four sigma around the expectation, for plain and for risky cases."""
    cases = [*ended(150), *ended(20, risk=CaseRisk.EFFECT)]
    wanted = QualitySettings(per_day=80)
    days = [draw(DAY + timedelta(days=n), cases, wanted) for n in range(200)]
    probability = {case.stratum: case.probability for case in days[0]}
    often = Counter(case.case_id for day in days for case in day)
    for case in cases:
        p = probability[case.stratum]
        assert abs(often[case.case_id] - 200 * p) < 4.5 * (200 * p * (1 - p)) ** 0.5 + 1
    people = Counter(case.case_id for day in days for case in day if case.for_people)
    assert abs(people["refund-effect-0"] - 200 * probability["refund/effect"] / 8) < 4.5 * 5


def test_the_weighted_estimate_is_right_where_the_plain_share_is_not() -> None:
    """Risky cases are bad more often and drawn more often: only the weights undo that. 95 % intervals hold the truth."""
    random = np.random.default_rng(5)
    wanted = QualitySettings(per_day=120)
    rates = {CaseRisk.PLAIN: 0.05, CaseRisk.EFFECT: 0.30, CaseRisk.ESCALATED: 0.5}
    covered, values, plain = 0, [], []
    cases = [*ended(500), *ended(60, risk=CaseRisk.EFFECT), *ended(20, risk=CaseRisk.ESCALATED)]
    truth = sum(rates[case.risk] for case in cases) / len(cases)
    for n in range(200):
        bad = {case.case_id: bool(random.random() < rates[case.risk]) for case in cases}
        drawn = draw(DAY + timedelta(days=n), cases, wanted)
        hits = [bad[case.case_id] for case in drawn]
        found = weighted_share([1 / case.probability for case in drawn], [case.stratum for case in drawn], hits)
        assert found is not None
        covered += found.low <= truth <= found.high
        values.append(found.value)
        plain.append(sum(hits) / len(hits))
    assert np.mean(values) == pytest.approx(truth, abs=0.008)
    assert np.mean(plain) > truth + 0.03
    assert covered >= 178, "95 % of 200 is 190, and four standard deviations of that are 12"


def test_all_cases_with_equal_weights_give_wilsons_interval() -> None:
    found = weighted_share([1.0] * 100, ["a"] * 100, [n < 10 for n in range(100)])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.0552, 0.1744), abs=0.001)
    nothing = weighted_share([1.0] * 50, ["a"] * 50, [False] * 50)
    assert nothing is not None
    assert (nothing.low, round(nothing.high, 3)) == (0.0, 0.071)
    assert weighted_share([], [], []) is None


def test_a_business_replaces_the_shipped_settings_whole(tmp_path: Path) -> None:
    shipped = load_quality(tmp_path)
    assert shipped.value == QualitySettings()
    (tmp_path / "quality.yaml").write_text("version: 1\nper_day: 500\n")
    assert load_quality(tmp_path).value.per_day == 500


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\nper_day: 40\n", "quality.yaml:2: per_day: 40 does not fit"),
        ("version: 1\npeople_minimum: 5\n", "quality.yaml:2: people_minimum: 5 does not fit"),
        ("version: 1\npeople_minimum: 300\n", "quality.yaml:2: people_minimum: 300 is more than per_day. Write 200 or less"),
        ("version: 1\noversampling:\n  risky: 2\n", "quality.yaml:3: oversampling.risky: is no key that is known here"),
        ("version: 1\noversampling:\n  plain: 0\n", "quality.yaml:3: oversampling.plain: 0 does not fit"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read_quality([Document.of(Path("quality.yaml"), text.encode())])
    assert words in str(refused.value)

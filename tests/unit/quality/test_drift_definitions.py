"""`drift.yaml`, the budget's parts, and comparing like with like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from handrail.definitions import Document, Loaded
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.quality.judge.calibration import JudgedTerms, MeasuredRate
from handrail.domain.quality.watch.drift import DriftBaseline, DriftDay, SliceMoved, TopicLevel, WatchedSeries
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from handrail.quality.watching.baselines import BaselinePeriod, proposals, simulated, threshold_place
from handrail.quality.watching.days import WatchTerms, family
from handrail.quality.watching.evidence import contributions
from handrail.quality.watching.loader import DRIFT, load_drift, read_drift
from handrail.quality.watching.observations import Observations
from handrail.quality.watching.replay import replay_shares, replay_volume
from handrail.quality.watching.standing import standings

OUTCOMES = load_outcomes(SHIPPED.parent)
START = date(2026, 3, 2)
LAST = START + timedelta(days=56)


def terms(*topics: str) -> WatchTerms:
    drift = load_drift(Path("nowhere"), OUTCOMES.value)
    return WatchTerms(drift, OUTCOMES, dict.fromkeys(topics, Autonomy.AUTO))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("indicators:\n  happiness: {shift: 0.1}", 2, "indicators.happiness: outcomes.yaml does not count that."),
        ("indicators:\n  csat: {shift: 0.1}", 2, "is no share of cases. Name an indicator whose statistic is 'rate'."),
        ("indicators:\n  repeat_7d: {shift: 0.1}", 2, "is known only after 168 hours. Name one that matures within 72."),
        ("indicators:\n  edits: {}\nfalling:\n  csat: {}", 4, "falling.csat: is no share of cases."),
        ("alarms_per_year: 0\nindicators:\n  edits: {}", 1, "alarms_per_year: 0 does not fit"),
        ("indicators:\n  edits: {}\nvolume:\n  replies: {}", 4, "volume"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read_drift([Document.of(Path(DRIFT), text.encode())], OUTCOMES.value)
    assert str(refused.value).startswith(f"{DRIFT}:{line}: ")
    assert words in str(refused.value)


def test_the_shipped_file_watches_what_outcomes_yaml_counts(tmp_path: Path) -> None:
    fewer = {name: one for name, one in OUTCOMES.value.indicators.items() if name != "edits"}
    known = load_drift(tmp_path, OUTCOMES.value.model_copy(update={"indicators": fewer})).value.indicators
    assert known.keys() == load_drift(tmp_path, OUTCOMES.value).value.indicators.keys() - {"edits"}


@pytest.mark.parametrize("topics", [(), ("refund",), tuple(f"t{number}" for number in range(60))])
def test_all_series_together_have_one_budget(topics: tuple[str, ...]) -> None:
    parts = family(terms(*topics))
    assert sum(part for _, _, part in parts) == pytest.approx(1.0)
    assert len(parts) == (1 + len(topics)) * 17 + 6, "over all cases alone: the judge's four criteria, and two shares"


def test_a_judges_series_is_watched_while_its_gate_is_open_and_keeps_its_part_of_the_budget_always() -> None:
    closed = terms("refund")
    judged = JudgedTerms(
        criterion="answered", judge="j", runs=3, version=7, since=START, topics=["refund"],
        sensitivity=MeasuredRate(value=0.9), specificity=MeasuredRate(value=0.85),
    )  # fmt: skip
    opened = replace(closed, judged={"judge:answered": judged})
    assert (closed.versions.get("judge:answered"), opened.versions["judge:answered"]) == (None, 7)
    assert family(closed) == family(opened)
    assert opened.shift(WatchedSeries(indicator="judge:answered")) == pytest.approx(0.1 * 0.75)
    states = {one.series: one.state for one in standings(closed, [], [])}
    assert "the judge's gate is closed" in states["judge:answered of all cases"]
    assert "nobody has signed" in {one.series: one.state for one in standings(opened, [], [])}["judge:answered of all cases"]


def test_the_shipped_file_watches_the_criteria_of_the_rubric_and_a_wrong_one_is_refused() -> None:
    assert load_drift(Path("nowhere"), OUTCOMES.value, ["clear", "helped"]).value.judged.keys() == {"clear"}
    text = "indicators:\n  edits: {}\njudged:\n  kind: {}"
    with pytest.raises(
        DefinitionInvalid, match=r"drift.yaml:4: judged.kind: rubric.yaml has no such criterion. Known: helped"
    ):
        read_drift([Document.of(Path(DRIFT), text.encode())], OUTCOMES.value, ["helped"])


def days(bad: float, topic: str = "", count: int = 56, cases: float = 40, start: date = START) -> list[DriftDay]:
    wave = (0, 1, -1, 2, -2, 1, -1)
    return [
        DriftDay(day=start + timedelta(days=n), indicator="escalation", topic=topic, cases=cases, bad=bad + wave[n % 5])
        for n in range(count)
    ]


def test_a_baseline_of_too_few_days_or_cases_raises_no_alarm_and_says_so() -> None:
    period = BaselinePeriod(START, LAST, LAST)

    def shortage(seen: Observations) -> str | None:
        (found,) = proposals(terms(), seen, period, lambda series: series.indicator == "escalation")
        return found.shortage

    assert shortage(Observations(days(4, count=27), [])) == "27 comparable days, at least 28 are needed"
    assert shortage(Observations(days(1, cases=4), [])) == "4.0 cases a day in the mean, at least 5 are needed"
    assert shortage(Observations(days(4), [])) is None


def test_a_topic_that_was_at_another_level_is_compared_with_nothing_and_taken_out_of_the_whole() -> None:
    calm, held = days(2, "calm", cases=20), days(2, "held", cases=20)
    levels = [TopicLevel(day=one.day, topic=one.topic, level=Autonomy.AUTO) for one in (*calm, *held)]
    later = [*days(2, "calm", 10, 20, LAST), *days(19, "held", 10, 20, LAST)]
    levels += [
        TopicLevel(day=one.day, topic=one.topic, level=Autonomy.REVIEW if one.topic == "held" else Autonomy.AUTO)
        for one in later
    ]
    whole = [*days(4), *days(21, "", 10, 40, LAST)]
    seen = Observations([*calm, *held, *later, *whole], levels)
    period = BaselinePeriod(START, LAST, LAST)
    found = proposals(terms("calm", "held"), seen, period, lambda series: series.indicator == "escalation")
    watched = [one.model_copy(update={"threshold": 6.0}) for one in found]
    assert [one.alarmed_on for one in replay_shares(watched, seen, LAST + timedelta(days=10))] == [None, None, None]
    # The same rise without a change of level is seen in the topic and in the whole.
    same = Observations([*calm, *held, *later, *whole], [one for one in levels if one.day < LAST])
    alarmed = replay_shares(watched, same, LAST + timedelta(days=10))
    assert [one.alarmed_on is not None for one in alarmed] == [True, False, True]
    assert alarmed[2].first_day == LAST


def test_a_share_that_must_not_fall_alarms_where_it_does_and_where_it_rises_says_nothing() -> None:
    usual, fallen = days(20), days(4, "", 10, 40, LAST)
    period = BaselinePeriod(START, LAST, LAST)

    def alarmed(later: list[DriftDay]) -> dict[str, date | None]:
        seen = Observations([*usual, *later], [])
        both = proposals(terms(), seen, period, lambda series: series.counted == "escalation")
        watched = [one.model_copy(update={"threshold": 6.0}) for one in both]
        return {one.baseline.indicator: one.alarmed_on for one in replay_shares(watched, seen, LAST + timedelta(days=10))}

    found = alarmed(fallen)
    assert found.keys() == {"escalation", "fall:escalation"}
    assert found["escalation"] is None
    assert found["fall:escalation"] is not None
    risen = alarmed(days(34, "", 10, 40, LAST))
    assert risen["escalation"] is not None
    assert risen["fall:escalation"] is None


def test_a_fall_of_a_share_that_is_hardly_there_is_a_shortage_and_its_baseline_counts_the_other_side() -> None:
    period = BaselinePeriod(START, LAST, LAST)

    def baseline(bad: float, cases: float) -> DriftBaseline:
        figures = days(bad, cases=cases)
        (found,) = proposals(terms(), Observations(figures, []), period, lambda series: series.indicator == "fall:escalation")
        return found

    plain, rare = baseline(8, 40), baseline(2, 400)
    assert plain.shortage is None
    assert plain.bad == 56 * 40 - sum(one.bad for one in days(8))
    assert plain.shift == pytest.approx(0.057, abs=0.001)
    assert rare.shortage is None
    assert rare.shift == pytest.approx(0.005, abs=0.0005), "no share can fall further than to nothing"
    few = baseline(2, 5.5)
    assert few.shortage is None
    assert few.shift > 0.05
    tiny = days(0, cases=6)
    scarce = [one.model_copy(update={"bad": float(n % 20 == 0)}) for n, one in enumerate(tiny)]
    (lacking,) = proposals(terms(), Observations(scarce, []), period, lambda series: series.indicator == "fall:escalation")
    assert lacking.shortage == "a share of 1.0% is too small: chance alone makes it fall as far"
    assert lacking.series.words == "fall of escalation of all cases"


def test_what_is_simulated_for_a_fall_is_the_other_side_of_what_is_for_a_rise() -> None:
    seen = Observations(days(8), [])
    period = BaselinePeriod(START, LAST, LAST)
    rise, fall = proposals(terms(), seen, period, lambda series: series.counted == "escalation")
    of_rise, of_fall = (simulated(threshold_place(one))[0] for one in (rise, fall))
    assert of_fall.rates == pytest.approx([1 - rate for rate in of_rise.rates])
    assert of_fall.cases == of_rise.cases


def test_no_cases_at_all_are_an_alarm_on_the_first_such_day() -> None:
    opened = [one.model_copy(update={"indicator": "cases_opened", "bad": 0}) for one in days(0)]
    none = [one.model_copy(update={"day": one.day + timedelta(days=56), "cases": 0.0}) for one in opened[:3]]
    seen = Observations([*opened, *none], [])
    (one,) = proposals(terms(), seen, BaselinePeriod(START, LAST, LAST), lambda series: series.indicator == "cases_opened")
    found = replay_volume(one, seen, LAST + timedelta(days=3))
    assert (found.alarmed_on, found.first_day) == (LAST, LAST)


def test_the_slice_that_moved_comes_first() -> None:
    def sums(dimension: str, value: str, cases: float, bad: float) -> SliceMoved:
        return SliceMoved(dimension=dimension, value=value, cases=cases, bad=bad, expected=0, share=0)

    before = [sums("language", "en", 800, 80), sums("language", "de", 200, 20), sums("model", "m", 1000, 100)]
    now = [sums("language", "en", 80, 8), sums("language", "de", 20, 12), sums("model", "m", 100, 20)]
    found = contributions(before, now, 0.1)
    assert [(one.dimension, one.value) for one in found] == [("language", "de"), ("model", "m")]
    assert found[0].share == pytest.approx(1.0)
    assert found[0].expected == pytest.approx(2.0)


def test_another_definition_is_compared_with_nothing() -> None:
    seen = Observations([one.model_copy(update={"version": 2}) for one in days(4)], [])
    series = WatchedSeries(indicator="escalation")
    assert seen.figures(series, START, 1, {}) is None
    assert seen.figures(series, START, 2, {}) == (40, 4)
    assert isinstance(terms().drift, Loaded)

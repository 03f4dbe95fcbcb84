"""The governor's rules: down alone, within its limit, each alarm once; and the evidence for a step up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.definitions import Document
from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm, SliceMoved
from handrail.domain.quality.watch.governor import (
    BlastLimit,
    GovernorDefinitions,
    GovernorRule,
    GovernorStep,
    RaiseEvidence,
    ReviewCount,
    StepKind,
    TopicNow,
)
from handrail.quality.governor.loader import GOVERNOR_FILE, load_governor, read_governor
from handrail.quality.governor.raising import decisions_needed, raise_proposal
from handrail.quality.governor.rules import planned
from handrail.topics.dial import TopicDial

DAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 5, 1, tzinfo=UTC)
SHIPPED = load_governor(Path("nowhere")).value


def alarm(number: int, topic: str = "", indicator: str = "escalation", **changes: Any) -> DriftAlarm:
    parts = changes.pop("parts", {})
    slices = [
        SliceMoved(dimension="topic", value=name, cases=50, bad=20, expected=5, share=share) for name, share in parts.items()
    ]
    base: dict[str, Any] = {"kind": AlarmKind.DRIFT, "detector": Detector.Z_CUSUM, "day": DAY, "first_day": DAY}
    evidence = AlarmEvidence(words="20 of 50", slices=slices)
    return DriftAlarm(**{**base, "alarm_id": number, "indicator": indicator, "topic": topic, "evidence": evidence, **changes})


def now(*names: str, volume: float = 0.05, level: Autonomy = Autonomy.AUTO, **changes: Any) -> dict[str, TopicNow]:
    return {name: TopicNow(topic=name, level=level, volume=volume, **changes) for name in names}


def plan(
    alarms: list[DriftAlarm],
    topics: dict[str, TopicNow],
    steps: list[GovernorStep] | None = None,
    wanted: GovernorDefinitions = SHIPPED,
) -> list[tuple[str, str, str]]:
    return [(one.topic, one.kind.value, one.level.value) for one in planned(wanted, alarms, topics, steps or [], DAY, NOW)]


def test_an_alarm_of_a_topic_steps_it_down_once() -> None:
    found = planned(SHIPPED, [alarm(1, "refund")], now("refund", "order"), [], DAY, NOW)
    assert [(one.topic, one.kind, one.level, one.rule) for one in found] == [
        ("refund", StepKind.DOWN, Autonomy.REVIEW, "topic_drifts")
    ]
    assert "handrail alarms show 1" in found[0].words
    assert plan([alarm(1, "refund")], now("refund"), [found[0].model_copy(update={"at": NOW})]) == []


def test_a_topic_that_is_low_already_stays_and_what_is_no_topic_of_the_agents_is_left() -> None:
    assert plan([alarm(1, "refund")], now("refund", level=Autonomy.DRAFT)) == [("refund", "kept", "review")]
    assert plan([alarm(1, "fraud")], now("refund")) == []


@pytest.mark.parametrize("kind", [AlarmKind.NO_DATA, AlarmKind.VOLUME])
def test_fewer_cases_and_none_page_people_and_step_nothing_down(kind: AlarmKind) -> None:
    topics = now("refund", "order")
    for topic in ("refund", ""):
        (step,) = planned(SHIPPED, [alarm(1, topic, "cases_opened", kind=kind)], topics, [], DAY, NOW)
        assert (step.topic, step.kind, step.level) == (topic, StepKind.PAGED, Autonomy.AUTO)
        assert "people look, nothing steps down" in step.words
        assert plan([alarm(1, topic, "cases_opened", kind=kind)], topics, [step]) == [], "once"


def test_another_model_behind_the_name_steps_everything_down_whatever_the_blast_limit() -> None:
    never = SHIPPED.model_copy(update={"blast": BlastLimit(topics=0)})
    hit = alarm(1, "", "", kind=AlarmKind.CANARY)
    (step,) = planned(never, [hit], now("refund", "order"), [], DAY, NOW)
    assert (step.topic, step.kind, step.level, step.rule) == ("", StepKind.DOWN, Autonomy.REVIEW, "model_changed")
    taken = [step.model_copy(update={"at": NOW})]
    assert plan([hit], now("refund"), taken) == []
    others = [alarm(number + 2, name) for number, name in enumerate(("refund", "order", "address"))]
    kinds = [kind for _, kind, _ in plan(others, now("refund", "order", "address"), taken)]
    assert kinds == ["down"] * 3, "what is of everything is none of the topics that the blast limit counts"
    bare = SHIPPED.model_copy(update={"rules": []})
    assert plan([hit], now("refund"), wanted=bare) == [], "without a rule people are told alone"


def test_a_judge_that_counts_no_more_steps_those_down_that_relied_on_it() -> None:
    evidence = AlarmEvidence(words="closed", topics=["refund", "order", "fraud"])
    closed = alarm(1, "", "judge:helped", kind=AlarmKind.JUDGE).model_copy(update={"evidence": evidence})
    topics = {**now("refund", "address"), **now("order", level=Autonomy.REVIEW)}
    assert plan([closed], topics) == [("refund", "down", "review"), ("order", "kept", "review")]
    many = AlarmEvidence(words="closed", topics=[f"t{number}" for number in range(5)])
    all_of_them = closed.model_copy(update={"evidence": many})
    assert [kind for _, kind, _ in plan([all_of_them], now(*many.topics))] == ["down"] * 3 + ["paged"] * 2
    lately = now("refund", stepped_at=NOW - timedelta(hours=3))
    assert plan([closed], lately) == [], "it dwells, and is looked at again tomorrow"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"of": "judged", "kinds": ["drift"]}, "which only alarms of the kind 'judge' are"),
        ({"of": "topic", "kinds": ["judge"]}, "Write of: judged"),
    ],
)
def test_a_rule_that_no_alarm_could_fit_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GovernorRule(id="one", **rule)


def test_two_alarms_of_a_topic_are_one_step() -> None:
    found = plan([alarm(2, "refund"), alarm(1, "refund", "edits")], now("refund"))
    assert found == [("refund", "down", "review"), ("refund", "kept", "review")]


def test_beyond_the_blast_limit_people_are_asked() -> None:
    names = [f"t{number}" for number in range(5)]
    alarms = [alarm(number + 1, name) for number, name in enumerate(names)]
    assert [kind for _, kind, _ in plan(alarms, now(*names))] == ["down"] * 3 + ["paged"] * 2
    assert [kind for _, kind, _ in plan(alarms, now(*names, volume=0.2))] == ["down"] * 2 + ["paged"] * 3
    earlier = [
        GovernorStep(kind=StepKind.DOWN, day=DAY, topic=f"u{n}", level=Autonomy.REVIEW, words="", volume=0.05, at=at)
        for n, at in enumerate([NOW - timedelta(hours=1), NOW - timedelta(hours=20), NOW - timedelta(hours=25)])
    ]
    assert [kind for _, kind, _ in plan(alarms, now(*names), earlier)] == ["down"] + ["paged"] * 4
    never = SHIPPED.model_copy(update={"blast": BlastLimit(topics=0)})
    assert {kind for _, kind, _ in plan(alarms, now(*names), wanted=never)} == {"paged"}


def test_a_topic_that_has_just_stepped_down_is_left_for_later() -> None:
    harder = SHIPPED.model_copy(update={"rules": [GovernorRule(id="off", to=Autonomy.OFF)]})
    lately = now("refund", level=Autonomy.REVIEW, stepped_at=NOW - timedelta(hours=23))
    assert plan([alarm(1, "refund")], lately, wanted=harder) == []
    before = now("refund", level=Autonomy.REVIEW, stepped_at=NOW - timedelta(hours=25))
    assert plan([alarm(1, "refund")], before, wanted=harder) == [("refund", "down", "off")]


def test_an_alarm_of_all_cases_steps_down_those_that_hold_most_of_it() -> None:
    topics = now("refund", "order", "address")
    one_holds = alarm(1, parts={"refund": 0.7, "order": 0.2, "address": 0.1, "fraud": 0.4})
    assert plan([one_holds], topics) == [("refund", "down", "review")]
    nobody = alarm(1, parts={"refund": 0.25, "order": 0.2, "address": 0.2})
    assert plan([nobody], topics) == [("", "paged", "review")]


def test_the_strictest_rule_that_fits_counts() -> None:
    rules = [
        GovernorRule(id="gentle"),
        GovernorRule(id="sure", proven=True, indicators=["rejections"], topics=["refund"], to=Autonomy.DRAFT),
    ]
    wanted = SHIPPED.model_copy(update={"rules": rules})
    topics = now("refund", "order")
    assert plan([alarm(1, "refund", "rejections")], topics, wanted=wanted) == [("refund", "down", "review")]
    proven = alarm(1, "refund", "rejections", proved_on=DAY)
    assert plan([proven], topics, wanted=wanted) == [("refund", "down", "draft")]
    (first,) = planned(wanted, [alarm(1, "refund", "rejections")], topics, [], DAY, NOW)
    taken = [first.model_copy(update={"at": NOW - timedelta(days=2)})]
    lower = now("refund", level=Autonomy.REVIEW)
    assert plan([proven], lower, taken, wanted) == [("refund", "down", "draft")]
    assert plan([alarm(1, "refund", "rejections")], lower, taken, wanted) == []
    assert plan([alarm(1, "order", "rejections", proved_on=DAY)], topics, wanted=wanted) == [("order", "down", "review")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("dwell_hours: 1", 1, "dwell_hours: 1 does not fit"),
        ("rules:\n  - {id: up, to: auto}", 2, "rules.0.to: 'auto' does not fit"),
        ("rules:\n  - {id: ab}\n  - {id: ab}", 1, "the rule 'ab' stands here twice"),
        ("rules:\n  - id: ab\n    kinds: [blast]", 3, "blast is the governor's own"),
        ("rules:\n  - id: ab\n    indicators: [csat]", 3, "drift.yaml watches no 'csat'. Known: escalation, cases_opened"),
        ("rules:\n  - id: ab\n    topics: [fraud]", 3, "there is no topic 'fraud' that the agent has. Known: refund."),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read_governor([Document.of(Path(GOVERNOR_FILE), text.encode())], ["escalation"], ["refund"])
    assert str(refused.value).startswith(f"{GOVERNOR_FILE}:{line}: ")
    assert words in str(refused.value)


def counted(approved: int, decided: int, recent: int = 28) -> ReviewCount:
    return ReviewCount(topic="refund", since=NOW, approved=approved, decided=decided, recent=recent)


def test_evidence_is_the_lower_bound_and_tells_when_it_could_be_enough() -> None:
    wanted = RaiseEvidence(target=0.95, decisions=50)
    enough = raise_proposal(wanted, counted(200, 200), Autonomy.REVIEW, "governor", "ann", DAY)
    assert (enough.enough, enough.reachable_on) == (True, DAY)
    early = raise_proposal(wanted, counted(60, 60), Autonomy.REVIEW, "governor", "ann", DAY)
    # Wilson's lower bound of 73 of 73 is the first that reaches 95 %: 13 more, one a day.
    assert (early.enough, early.reachable_on) == (False, DAY + timedelta(days=13))
    never = raise_proposal(wanted, counted(90, 100), Autonomy.REVIEW, "governor", "ann", DAY)
    assert (never.enough, never.reachable_on) == (False, None)
    assert "never reached" in never.words
    idle = raise_proposal(wanted, counted(0, 0, recent=0), Autonomy.REVIEW, "governor", None, DAY)
    assert (idle.low, idle.enough, idle.reachable_on) == (None, False, None)
    assert decisions_needed(wanted, counted(0, 0)) == 73
    few = raise_proposal(RaiseEvidence(target=0.5, decisions=50), counted(20, 20), Autonomy.REVIEW, "governor", "a", DAY)
    assert not few.enough


async def test_a_topic_that_nobody_owns_is_served_as_review() -> None:
    topic = Topic(name="refund", description="d", examples=list("abcde"))
    found = await TopicDial().autonomy(topic)
    assert found.autonomy is Autonomy.REVIEW
    assert found.why == "The topic refund has no owner, so it is served as 'review'. Put `owner: NAME` into its file."
    owned = topic.model_copy(update={"owner": "ann"})
    assert (await TopicDial().autonomy(owned)).autonomy is Autonomy.AUTO
    off = topic.model_copy(update={"autonomy": Autonomy.OFF})
    assert [one.source for one in (await TopicDial().autonomy(off)).settings] == ["topic"]

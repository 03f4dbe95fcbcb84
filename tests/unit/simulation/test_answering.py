"""Alarms in a simulation: each is about a planted event or false, and the first one has its cause mended."""

from __future__ import annotations

from handrail.domain.quality.watch.drift import AlarmKind, Detector, DriftAlarm
from handrail.domain.quality.watch.governor import GovernorStep, StepKind
from handrail.simulation.days.answering import ECHO, Course
from handrail.simulation.plan import PlantedEvent, PlantedKind, SimulationPlan
from handrail.simulation.playing.orders import Harm
from handrail.simulation.report import Affected

PLAN = SimulationPlan(days=40, reaction=4, events=(PlantedEvent(PlantedKind.MODEL, 5), PlantedEvent(PlantedKind.POLICY, 20)))


def alarm(number: int, first: int, last: int, topic: str = "") -> DriftAlarm:
    """An alarm of these days."""
    return DriftAlarm(
        alarm_id=number,
        kind=AlarmKind.DRIFT,
        detector=Detector.Z_CUSUM,
        day=PLAN.day(last),
        first_day=PLAN.day(first),
        indicator="escalation",
        topic=topic,
        baseline_id=number,
    )


def test_an_alarm_before_anything_was_planted_is_false_and_answered() -> None:
    course = Course.of(PLAN)
    course.raised(3, [alarm(1, 2, 3)])
    assert [one.day for one in course.false_alarms] == [3]
    assert [(found.alarm_id, real) for found, real, _ in course.due[7]] == [(1, False)]
    assert course.events(5) == {PlantedKind.MODEL}


def test_the_first_alarm_has_its_cause_mended_and_all_cases_are_told_apart_from_topics() -> None:
    course = Course.of(PLAN)
    course.raised(6, [alarm(1, 5, 6, topic="refund")])
    course.raised(8, [alarm(2, 5, 8)])
    (model, _) = [one.result(Affected()) for one in course.going]
    assert model.noticed is not None
    assert (model.noticed.day, model.noticed.days, model.noticed.series) == (6, 2, "escalation of refund")
    assert model.on_all_cases is not None
    assert model.on_all_cases.days == 4
    assert model.in_time
    assert model.mended_on == 10
    assert course.events(9) == {PlantedKind.MODEL}
    assert not course.events(10)
    assert not course.false_alarms


def test_an_echo_is_no_false_alarm_and_what_comes_much_later_is() -> None:
    course = Course.of(PLAN)
    course.raised(6, [alarm(1, 5, 6)])
    course.raised(11, [alarm(2, 10 + ECHO, 10 + ECHO)])
    assert not course.false_alarms
    course.raised(16, [alarm(3, 10 + ECHO + 1, 16)])
    assert len(course.false_alarms) == 1


def test_an_event_that_nobody_notices_is_never_noticed_and_goes_on() -> None:
    course = Course.of(PLAN)
    assert course.events(40) == {PlantedKind.MODEL, PlantedKind.POLICY}
    assert [one.result(Affected()).in_time for one in course.going] == [False, False]


def test_the_governors_steps_go_to_the_event_of_their_alarm() -> None:
    course = Course.of(PLAN)
    course.raised(21, [alarm(9, 20, 21)])
    step = GovernorStep(kind=StepKind.DOWN, day=PLAN.day(21), topic="refund", level="review", alarm_id=9, words="down")
    course.stepped(21, [step])
    assert [len(one.steps) for one in course.going] == [0, 1]


def test_a_customer_counts_once_and_for_the_worse() -> None:
    course = Course.of(PLAN)
    course.harmed({Harm(PlantedKind.MODEL, "C-1", True), Harm(PlantedKind.MODEL, "C-2", False)})
    course.harmed({Harm(PlantedKind.MODEL, "C-1", False), Harm(PlantedKind.MODEL, "C-2", False)})
    assert course.going[0].affected == Affected(wrong=1, waited=1)
    assert course.going[1].affected == Affected()

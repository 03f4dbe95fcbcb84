"""The drill of load says which of its bounds are missed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from handrail.drills.load.judging import (
    DecisionsSeen,
    LongCaseSeen,
    OutageSeen,
    RoundSeen,
    TurnSeen,
    noisy_figures,
    outage_figures,
    turns_figures,
    waiting_figures,
)
from handrail.drills.load.results import LoadFigure, LoadReport
from handrail.drills.load.turns import COMPLETED, SCHEDULED, weights

OUTAGE = OutageSeen(
    messages=50,
    seconds=60,
    places=40,
    calls=80,
    cpu_seconds={"worker": 12},
    usual_ms=[40],
    decided_ms=[30, 90],
    effects_ms=[100, 900],
    replied=[1.0] * 49 + [119],
    to_people=1,
)
FEW = DecisionsSeen(waiting=1_000, rounds_ms=[[100, 120]] * 5, cpu_ms={"worker": 40}, control_ms=[20] * 5)


def missed(figures: Sequence[LoadFigure]) -> list[str]:
    return [one.figure for one in figures if one.met is False]


def test_an_outage_that_keeps_every_bound_passes() -> None:
    figures = outage_figures(OUTAGE)
    assert missed(figures) == []
    assert sum(one.met is True for one in figures) == 6


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"calls": 81}, "calls meanwhile"),
        ({"decided_ms": [1_001.0] * 3}, "a decision is taken, p95"),
        ({"effects_ms": [1_001.0] * 3}, "its effect is committed, p95"),
        ({"replied": [1.0] * 49 + [121]}, "the last reply comes after"),
        ({"replied": [1.0] * 49}, "messages without a reply"),
        ({"to_people": 2}, "messages that reach a person"),
    ],
)
def test_an_outage_misses_its_bounds_one_by_one(change: dict[str, object], name: str) -> None:
    assert missed(outage_figures(OUTAGE.model_copy(update=change))) == [name]


def test_a_noisy_customer_may_slow_others_by_a_fifth() -> None:
    def found(slower: float) -> list[str]:
        return missed(noisy_figures([RoundSeen(quiet_ms=[100, 200], noisy_ms=[100 * slower, 200 * slower])] * 5))

    assert found(1.19) == []
    assert found(1.21) == ["slowed, p50", "slowed, p95"]
    some = [RoundSeen(quiet_ms=[100.0] * 10, noisy_ms=[100.0] * 9 + [400.0])] * 5
    assert missed(noisy_figures(some)) == ["slowed, p95"], "a tenth of the others waits long"


def test_decisions_beside_many_cases_may_take_a_third_longer() -> None:
    many = FEW.model_copy(update={"waiting": 20_000, "rounds_ms": [[129, 155]] * 5})
    figures = waiting_figures(FEW, many, {"PostgreSQL": 3_000, "Temporal's database": 21_000})
    assert missed(figures) == []
    assert [(one.figure, one.value) for one in figures[-2:]] == [
        ("a waiting case in PostgreSQL", 3_000),
        ("a waiting case in Temporal's database", 21_000),
    ]
    slow = many.model_copy(update={"rounds_ms": [[131, 157]] * 5})
    assert missed(waiting_figures(FEW, slow, {})) == ["slower, p50", "slower, p95"]


def turn(number: int, *, took: float = 50, size: int = 2_000, events: int = 11) -> TurnSeen:
    return TurnSeen(number=number, took_ms=took, size=size, events=events)


def long_case(late: Sequence[TurnSeen], cpu: float = 30) -> LongCaseSeen:
    return LongCaseSeen(
        turns=[turn(1, took=900), *(turn(number) for number in range(2, 21)), *late],
        window=5,
        early_cpu_ms={"worker": 20, "temporal": 10},
        late_cpu_ms={"worker": cpu - 10, "temporal": 10},
        runs=4,
        largest_run=400_000,
    )


@pytest.mark.parametrize(
    ("changes", "cpu", "names"),
    [
        ({}, 36, []),
        ({"took": 61}, 30, ["late over early, time"]),
        ({}, 37, ["late over early, CPU"]),
        ({"size": 9_000}, 30, []),
        ({"events": 14}, 30, ["late over early, events"]),
    ],
)
def test_late_turns_may_cost_a_fifth_more_than_early_ones(changes: dict[str, int], cpu: float, names: list[str]) -> None:
    late = [turn(number, **changes) for number in range(296, 301)]
    assert missed(turns_figures(long_case(late, cpu))) == names


def test_a_single_slow_turn_is_no_trend() -> None:
    late = [*(turn(number) for number in range(296, 300)), turn(300, took=900)]
    assert missed(turns_figures(long_case(late))) == []


def test_a_report_without_a_bound_that_held_has_not_passed() -> None:
    report = LoadReport(cores=2, load=0.1, seed=7)
    assert not report.passed
    kept, broken = [LoadFigure(part="outage", figure="calls", value=value, at_most=80) for value in (80, 81)]
    assert report.model_copy(update={"figures": [kept]}).passed
    both = report.model_copy(update={"figures": [kept, broken]})
    assert (both.passed, both.missed) == (False, [broken])


def test_a_turns_bytes_are_what_went_in_and_came_out_of_its_activity() -> None:
    def scheduled(number: int, kind: str, data: bytes) -> HistoryEvent:
        event = HistoryEvent(event_id=number, event_type=SCHEDULED)
        event.activity_task_scheduled_event_attributes.activity_type.name = kind
        event.activity_task_scheduled_event_attributes.input.CopyFrom(Payloads(payloads=[Payload(data=data)]))
        return event

    def completed(number: int, of: int, data: bytes) -> HistoryEvent:
        event = HistoryEvent(event_id=number, event_type=COMPLETED)
        event.activity_task_completed_event_attributes.scheduled_event_id = of
        event.activity_task_completed_event_attributes.result.CopyFrom(Payloads(payloads=[Payload(data=data)]))
        return event

    events = [
        HistoryEvent(event_id=1),
        scheduled(2, "case.turn", b"x" * 100),
        completed(3, 2, b"y" * 50),
        scheduled(4, "case.commit", b"z" * 900),
        completed(5, 4, b""),
        scheduled(6, "case.turn", b"x" * 120),
    ]
    (first, count), (second, rest) = weights(WorkflowHistory("case-1", events))
    assert (150 < first < 170, count) == (True, 4)
    assert (120 < second < 130, rest) == (True, 1)

"""Counting what a case costs: a thing more is seen, and no byte of a payload is lost or told twice."""

from __future__ import annotations

import json
from typing import Any

from temporalio.api.common.v1 import ActivityType, Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    ActivityTaskCompletedEventAttributes,
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
    MarkerRecordedEventAttributes,
)

from tests.support.costs import LOGGED, Cost, cost

STATEMENTS = ["BEGIN ISOLATION LEVEL READ COMMITTED", "SELECT 1", "SELECT 2", "COMMIT"]


def carried(value: Any) -> Payloads:
    return Payloads(payloads=[Payload(data=json.dumps(value, separators=(",", ":")).encode())])


def events(**more: str) -> list[HistoryEvent]:
    """An activity with its result, and a local activity."""
    scheduled = ActivityTaskScheduledEventAttributes(
        activity_type=ActivityType(name="agent"), input=carried({"args": [{"state": more, "text": "x" * 2_000}]})
    )
    result = ActivityTaskCompletedEventAttributes(scheduled_event_id=5, result=carried({"reply": "On its way."}))
    marker = MarkerRecordedEventAttributes(
        marker_name="core_local_activity",
        details={"data": carried({"activity_type": "classify"}), "result": carried("order_status")},
    )
    return [
        HistoryEvent(
            event_id=5,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
            activity_task_scheduled_event_attributes=scheduled,
        ),
        HistoryEvent(
            event_id=6,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
            activity_task_completed_event_attributes=result,
        ),
        HistoryEvent(event_id=7, event_type=EventType.EVENT_TYPE_MARKER_RECORDED, marker_recorded_event_attributes=marker),
    ]


def test_activities_and_statements_are_counted_and_payloads_are_told_by_field() -> None:
    found = cost(events(), STATEMENTS)
    wanted = {"activities": 1, "local activities": 1, "events": 3, "SQL statements": 2, "SQL transactions": 1}
    assert {name: found.counts[name] for name in wanted} == wanted
    assert found.fields["activity agent · input.args.text"] == 2_002
    assert found.fields["activity agent · result.reply"] == len('"On its way."')
    assert found.fields["local activity classify · details.result"] == len('"order_status"')


def test_the_fields_add_up_to_the_payloads() -> None:
    whole = [payload for event in events() for payload in inputs(event)]
    assert cost(events(), []).counts["payload bytes"] == sum(len(payload.data) for payload in whole)


def inputs(event: HistoryEvent) -> list[Payload]:
    marker = event.marker_recorded_event_attributes.details.values()
    groups = [
        event.activity_task_scheduled_event_attributes.input,
        event.activity_task_completed_event_attributes.result,
        *marker,
    ]
    return [payload for group in groups for payload in group.payloads]


def test_one_more_of_anything_is_over_its_bound() -> None:
    before = cost(events(), STATEMENTS).counts
    slack = {**before, "event bytes": before["event bytes"] + 2_000, "payload bytes": before["payload bytes"] + 2_000}
    assert cost(events(), STATEMENTS).over(slack) == {}
    assert cost([*events(), *events()[:1]], STATEMENTS).over(slack).keys() >= {"activities", "events"}
    assert cost(events(more="y" * 4_096), STATEMENTS).over(slack).keys() == {"event bytes", "payload bytes"}
    assert cost(events(), [*STATEMENTS, "UPDATE t"]).over(slack).keys() == {"SQL statements"}


def test_the_table_shows_counts_beside_bounds_and_the_largest_fields_first() -> None:
    shown = Cost({"activities": 2}, {"small": 3, "large": 1_000}).table({"activities": 1}).splitlines()
    assert [line.split() for line in shown] == [
        ["activities", "2", "at", "most", "1"],
        ["large", "1,000", "bytes"],
        ["small", "3", "bytes"],
    ]


def test_statements_are_read_from_the_log_however_they_were_sent() -> None:
    lines = ["costs handrail db LOG:  statement: BEGIN", "costs handrail db LOG:  execute _pg3_0: SELECT 1", "other LOG: x"]
    heard = [LOGGED.match(line) for line in lines]
    assert [one["sql"] if one else None for one in heard] == ["BEGIN", "SELECT 1", None]

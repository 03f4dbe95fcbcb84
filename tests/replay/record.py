"""Histories as JSON: fetched, scrubbed, and read for what happened in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import Client

from tests.support.house import quiet, wait_for

NAMED = {
    "activityTaskScheduledEventAttributes": ("activityType", "name"),
    "workflowExecutionSignaledEventAttributes": ("signalName",),
    "workflowExecutionUpdateAcceptedEventAttributes": ("acceptedRequest", "input", "name"),
}


async def fetch(client: Client, case_id: str) -> list[str]:
    """The JSON of every run of the case, oldest first."""
    runs: list[str] = []
    run_id: str | None = None
    await wait_for(lambda: quiet(client, case_id))
    while True:
        history = await client.get_workflow_handle(f"case-{case_id}", run_id=run_id).fetch_history()
        runs.insert(0, scrubbed(history.to_json()))
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run_id:
            return runs


def scrubbed(text: str) -> str:
    """Without the names of processes and machines."""

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: "scrubbed" if key == "identity" else clean(one) for key, one in value.items() if key != "workerVersion"
            }
        return [clean(one) for one in value] if isinstance(value, list) else value

    return json.dumps(clean(json.loads(text)), separators=(",", ":"))


def slim(text: str) -> str:
    """Without what replay does not look at: what activities and the next run were given."""
    history = json.loads(text)
    for event in history["events"]:
        for kind in ("activityTaskScheduledEventAttributes", "workflowExecutionContinuedAsNewEventAttributes"):
            event.get(kind, {}).pop("input", None)
    return json.dumps(history, separators=(",", ":"))


@dataclass
class Happened:
    """`statuses` without repetitions, `reasons` in order, `names` of activities, updates, signals and kinds of events."""

    statuses: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def happened(runs: list[str]) -> Happened:
    """What the runs of one case show."""
    found = Happened()
    for run in runs:
        events = json.loads(run)["events"]
        found.names.update(str(event["eventType"]).removeprefix("EVENT_TYPE_") for event in events)
        for event in events:
            found.names.update(_named(event))
            started = event.get("workflowExecutionStartedEventAttributes", {})
            if "parked" in (_input(started) or {}):
                found.names.add("continued")
            fields = event.get("upsertWorkflowSearchAttributesEventAttributes", {}).get("searchAttributes", {})
            values = {**started.get("searchAttributes", {}), **fields}.get("indexedFields", {})
            for name, seen in (("CaseStatus", found.statuses), ("CaseReason", found.reasons)):
                value = _decoded(values[name]) if name in values else None
                if isinstance(value, str) and seen[-1:] != [value]:
                    seen.append(value)
    return found


def _named(event: dict[str, Any]) -> Iterator[str]:
    for kind, path in NAMED.items():
        value: Any = event.get(kind)
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield value


def _input(started: dict[str, Any]) -> Any:
    payloads = started.get("input", {}).get("payloads", [])
    return _decoded(payloads[0]) if payloads else None


def _decoded(payload: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(payload["data"])) if payload.get("data") else None


def waiting(text: str) -> str:
    """The history up to where the first node ran: of a run that began with a wait, as it waited."""
    history = json.loads(text)
    events = history["events"]
    for place, event in enumerate(events):
        name = event.get("activityTaskScheduledEventAttributes", {}).get("activityType", {}).get("name", "")
        if name.startswith("case."):
            tasks = [at for at in range(place) if events[at]["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED"]
            history["events"] = events[: tasks[-1]]
            break
    return json.dumps(history, separators=(",", ":"))

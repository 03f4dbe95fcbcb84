"""What one case costs, counted without a clock: from its histories and from the database server's own log."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent, MarkerRecordedEventAttributes
from temporalio.client import Client

from handrail.postgres.queries import QUERIES
from tests.support.house import wait_for

SPLIT_BYTES = 1_000
"""A field that is larger, and an object, is shown by its own fields."""
WATCHING = "test"
"""Application name of connections whose statements do not count."""
LOGGED = re.compile(r"^costs (?P<application>\S*) (?P<database>\S+) LOG:\s+(?:statement|execute [^:]+): (?P<sql>.*)")
FRAMES = ("BEGIN", "COMMIT", "ROLLBACK")
BY_THE_CLOCK = "handrail.llm.server.health.GOOD_SECONDS"
"""So often a worker writes down how its model answers, in a transaction, whatever a case does."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts by name, and payload bytes by field."""

    counts: Mapping[str, int]
    fields: Mapping[str, int]

    def table(self, bounds: Mapping[str, int], most: int = 15) -> str:
        """Return the counts beside their bounds, then the largest fields."""
        rows = [(name, f"{count:,}", f"at most {bounds[name]:,}") for name, count in self.counts.items()]
        largest = sorted(self.fields.items(), key=lambda field: -field[1])[:most]
        rows += [(f"  {name}", f"{size:,}", "bytes") for name, size in largest]
        wide = max(len(name) for name, _, _ in rows)
        return "\n".join(f"{name:<{wide}} {count:>8} {bound}" for name, count, bound in rows)

    def over(self, bounds: Mapping[str, int]) -> dict[str, int]:
        """Return the counts that are over their bounds."""
        return {name: count for name, count in self.counts.items() if count > bounds[name]}


async def history(client: Client, workflow_id: str) -> list[HistoryEvent]:
    """Return the events of all runs of a workflow."""
    newest = await client.get_workflow_handle(workflow_id).describe()
    run_id, events = newest.raw_description.workflow_execution_info.first_run_id, list[HistoryEvent]()
    while run_id:
        events += (await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()).events
        run_id = events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return events


def cost(events: list[HistoryEvent], statements: list[str]) -> Cost:
    """Count what the histories and the database's log tell."""
    kinds = Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in events)
    local = sum(event.marker_recorded_event_attributes.marker_name == "core_local_activity" for event in events)
    fields = Counter[str]()
    for name, payload in payloads(events):
        for field, size in sizes(name, payload):
            fields[field] += size
    framing = sum(one.upper().startswith(FRAMES) for one in statements)
    counts = {
        "runs": kinds["WORKFLOW_EXECUTION_STARTED"],
        "activities": kinds["ACTIVITY_TASK_SCHEDULED"],
        "local activities": local,
        "workflow tasks": kinds["WORKFLOW_TASK_COMPLETED"],
        "timers": kinds["TIMER_STARTED"],
        "upserts": kinds["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"] + kinds["WORKFLOW_PROPERTIES_MODIFIED"],
        "events": len(events),
        "event bytes": sum(event.ByteSize() for event in events),
        "payload bytes": fields.total(),
        "SQL statements": len(statements) - framing,
        "SQL transactions": sum(one.upper().startswith("BEGIN") for one in statements),
    }
    return Cost(counts, fields)


def grouped(statements: list[str]) -> list[tuple[str, int]]:
    """Return how often each statement came, the most frequent first: by its query's name, else by its first line."""
    names: dict[str, list[str]] = {}
    for name, text in QUERIES.items():
        names.setdefault(first_line(text.decode()), []).append(name)
    found = Counter(" or ".join(names.get(line, [line])) for line in map(first_line, statements))
    return found.most_common()


def first_line(statement: str) -> str:
    """Return the first line, with every parameter as `?`: the log has no more of a statement."""
    return re.sub(r"%\(\w+\)s|\$\d+", "?", statement.splitlines()[0]).strip()


BESIDE = {first_line(QUERIES[name].decode()) for name in ("still_there", "connection_settings")}
"""What an ear asks after a silence, and what a connection is asked once: neither is for a case."""


def payloads(events: list[HistoryEvent]) -> Iterator[tuple[str, Payload]]:
    """Yield every payload with what it belongs to: an activity's input or result, the start, a marker."""
    scheduled: dict[int, str] = {}
    for event in events:
        attributes = getattr(event, event.WhichOneof("attributes") or "")
        kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower().replace("_", " ")
        if event.HasField("activity_task_scheduled_event_attributes"):
            kind = scheduled[event.event_id] = f"activity {attributes.activity_type.name}"
        elif event.HasField("marker_recorded_event_attributes"):
            kind = f"local activity {local_activity(attributes)}"
        elif number := getattr(attributes, "scheduled_event_id", 0):
            kind = scheduled.get(number, kind)
        yield from ((f"{kind} · {path}", payload) for path, payload in inside(attributes, ""))
        yield from ((f"{kind} · {path}", payload) for path, payload in inside(event.user_metadata, "metadata"))


def local_activity(marker: MarkerRecordedEventAttributes) -> str:
    """Return the name of the activity that a marker keeps, or the marker's own."""
    for payload in marker.details["data"].payloads:
        return str(json.loads(payload.data).get("activity_type", marker.marker_name))
    return marker.marker_name


def inside(message: Message, path: str) -> Iterator[tuple[str, Payload]]:
    """Yield every payload within a message, by the path to it."""
    if isinstance(message, Payload):
        yield path, message
        return
    for field, value in message.ListFields():
        for name, one in parts(field.name, value):
            if isinstance(one, Message):
                short = name if name != "payloads" else ""
                yield from inside(one, ".".join(filter(None, (path, short))))


def parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values of a field: of a map by key, of a list each."""
    if isinstance(value, Message):
        yield name, value
    elif isinstance(value, Mapping):
        yield from ((f"{name}.{key}", one) for key, one in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from ((name, one) for one in value)


def sizes(name: str, payload: Payload) -> Iterator[tuple[str, int]]:
    """Yield the bytes of a payload by field, as far down as objects are large."""
    try:
        value = json.loads(payload.data)
    except ValueError:
        value = None
    total, told = len(payload.data), 0
    for field, size in split(name, value) if isinstance(value, dict) else ():
        told += size
        yield field, size
    yield name, total - told


def split(name: str, value: Any) -> Iterator[tuple[str, int]]:
    """Yield the fields of an object with the bytes of their JSON."""
    for key, inner in value.items():
        size = len(json.dumps(inner, ensure_ascii=False, separators=(",", ":")).encode())
        objects = [one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, dict)]
        told = 0
        for field, part in [found for one in objects if size > SPLIT_BYTES for found in split(f"{name}.{key}", one)]:
            told += part
            yield field, part
        yield f"{name}.{key}", size - told


@asynccontextmanager
async def statements(admin_url: str, database: str, log: Path) -> AsyncIterator[list[str]]:
    """Collect every statement on a database that comes from others than us; the list is complete once the block has ended.

    Nothing is in it that goes by the clock, as how long a case takes would count, then.
    """
    found: list[str] = []
    begin = len(read(log))
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        try:
            await admin.execute("alter system set log_statement = 'all'")
            await admin.execute("alter system set log_line_prefix = 'costs %a %d '")
            await admin.execute("select pg_reload_conf()")
            await wait_for(lambda: told(admin_url))
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(BY_THE_CLOCK, math.inf)
                yield found
        finally:
            await admin.execute("alter system reset log_statement")
            await admin.execute("alter system reset log_line_prefix")
            await admin.execute("select pg_reload_conf()")
    heard = [LOGGED.match(line) for line in read(log)[begin:].decode("utf-8", "replace").splitlines()]
    ours = [one for one in heard if one and one["database"] == database and one["application"] != WATCHING]
    # The pool asks with an empty statement whether a connection is there: once a second, whatever a case does.
    found += [one["sql"] for one in ours if one["sql"].strip() and first_line(one["sql"]) not in BESIDE]


async def told(admin_url: str) -> bool:
    """Return whether the server has told all its processes to log: before that it lets nobody in who does."""
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as another:
        return await (await another.execute("show log_statement")).fetchone() == ("all",)


def read(log: Path) -> bytes:
    """Return all that the server has logged."""
    return log.read_bytes()

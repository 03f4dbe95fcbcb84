"""Senders of updates and signals: workflow code never learns them, the case's own history does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionSignaledEventAttributes
from temporalio.api.update.v1 import Request as UpdateRequest
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import Decision, DecisionInput, DecisionKind, Identity, Source
from handrail.domain.base import Stored, fields_once
from handrail.domain.case.messages import check_name, check_text
from handrail.domain.errors import InvalidInput

BARE = (DecisionKind.APPROVE, DecisionKind.REJECT)
"""Signals whose names say nothing about what is decided; their payload does."""
NOTHING, JSON = "binary/null", "json/plain"
PAGE = 10
_SAME_MOMENT = timedelta(microseconds=5)


class HistoryIdentities:
    """Reads the identity from history.

    It is `verified` only where `trusted` says that nothing reaches the server but through a proxy that stamps it.
    """

    def __init__(self, client: Client, trusted: bool) -> None:
        self._client = client
        self._trusted = trusted

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """See `ports.Identities.of_event`."""
        if source.sender is not None:
            found = source.sender
        else:
            found = await self._by_update(source) if source.update_id else await self._by_signal(source, decision)
        return found, Identity.VERIFIED if found and self._trusted else Identity.SELF_DECLARED

    async def _by_update(self, source: Source) -> str:
        async for event in newest_first(self._client, source.workflow_id, source.run_id):
            sent = update(event)
            if sent and sent.meta.update_id == source.update_id:
                return sent.meta.identity
        return ""

    async def _by_signal(self, source: Source, decision: Decision) -> str:
        """The signal that it came by, of the equal ones that the workflow task of that moment handed over.

        `source.place` says which of them: they come in the order of the history. Anybody may send the same name before it
        means something and after it has ended, with the same words in it.
        """
        handle = self._client.get_workflow_handle(source.workflow_id, run_id=source.run_id)
        fitting: list[str] = []
        started: datetime | None = None
        async for event in handle.fetch_history_events():
            sent = signal(event)
            if sent and sent.signal_name == source.signal and await self._settles(sent, decision):
                fitting.append(sent.identity)
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
                started = event.event_time.ToDatetime(decision.decided_at.tzinfo)
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                if started and abs(started - decision.decided_at) <= _SAME_MOMENT:
                    return fitting[source.place] if len(fitting) > source.place else ""
                fitting.clear()
        return ""

    async def _settles(self, sent: WorkflowExecutionSignaledEventAttributes, decision: Decision) -> bool:
        raw = await self._client.data_converter.decode(sent.input.payloads, [RawValue] * len(sent.input.payloads))
        try:
            given = value(raw)
            return said(given, decision) if sent.signal_name in BARE else noted(given, decision)
        except (InvalidInput, ValidationError, ValueError, RecursionError):
            return False


async def newest_first(client: Client, workflow_id: str, run_id: str) -> AsyncIterator[HistoryEvent]:
    """Yield the events of a run from its end: what is decided now stands there, however long the history is."""
    asked = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
        maximum_page_size=PAGE,
    )
    while True:
        try:
            page = await client.workflow_service.get_workflow_execution_history_reverse(asked, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.UNIMPLEMENTED:
                raise
            # A server that cannot read backwards, such as Temporal's test server: the whole history, turned round.
            handle = client.get_workflow_handle(workflow_id, run_id=run_id)
            for event in reversed([event async for event in handle.fetch_history_events()]):
                yield event
            return
        for event in page.history.events:
            yield event
        if not page.next_page_token:
            return
        asked.next_page_token = page.next_page_token


class SentCommand(Stored):
    """An update or a signal as the history holds it."""

    event_id: int
    at: datetime
    name: str
    identity: str
    update_id: str | None = None


class Senders:
    """The senders of what the cases' runs received; each history is read once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._read: dict[tuple[str, str], list[SentCommand]] = {}

    async def of(self, case_id: str, details: dict[str, Any]) -> list[SentCommand]:
        """The events that the audit entry's details name: one update, or every signal of the name. None past retention."""
        run_id, update_id, name = (details.get(one) for one in ("run_id", "update_id", "signal"))
        if not run_id or not (update_id or name):
            return []
        key = (f"case-{case_id}", run_id)
        if key not in self._read:
            self._read[key] = await self._events(*key)
        return [one for one in self._read[key] if (one.update_id == update_id if update_id else one.name == name)]

    async def _events(self, workflow_id: str, run_id: str) -> list[SentCommand]:
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        try:
            return [sent async for event in handle.fetch_history_events() if (sent := sent_by(event))]
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return []
            raise


def sent_by(event: HistoryEvent) -> SentCommand | None:
    """The update or signal with its sender, if the event is one."""
    at = event.event_time.ToDatetime(UTC)
    if sent := update(event):
        meta, name = sent.meta, sent.input.name
        return SentCommand(event_id=event.event_id, at=at, name=name, identity=meta.identity, update_id=meta.update_id)
    if given := signal(event):
        return SentCommand(event_id=event.event_id, at=at, name=given.signal_name, identity=given.identity)
    return None


def update(event: HistoryEvent) -> UpdateRequest | None:
    """Return the update as it was sent, if the event holds one: its acceptance, or where a reset applies it again, that."""
    if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
        return event.workflow_execution_update_admitted_event_attributes.request
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        return None
    accepted = event.workflow_execution_update_accepted_event_attributes
    return accepted.accepted_request if accepted.HasField("accepted_request") else None


def signal(event: HistoryEvent) -> WorkflowExecutionSignaledEventAttributes | None:
    """The signal, if the event is one."""
    signaled = event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    return event.workflow_execution_signaled_event_attributes if signaled else None


def value(raw: list[RawValue]) -> Any:
    """Return the value that was sent, None for nothing. Raises: ValueError: not one JSON value."""
    if not raw:
        return None
    if len(raw) > 1:
        raise ValueError(f"{len(raw)} values")
    encoding = raw[0].payload.metadata.get("encoding", b"").decode(errors="replace")
    if encoding == NOTHING:
        return None
    if encoding != JSON:
        raise ValueError(encoding)
    return json.loads(raw[0].payload.data, object_pairs_hook=fields_once)


def noted(given: Any, decision: Decision) -> bool:
    """Return whether a numbered entry with this in its box is the decision: its name says the rest. Raises: InvalidInput."""
    note = given.get("note") if isinstance(given, dict) else given
    return (note is None or isinstance(note, str)) and words(note) == decision.note


def said(given: Any, decision: Decision) -> bool:
    """Return whether a bare signal with this in its box is the decision. Raises: InvalidInput, ValidationError."""
    if not isinstance(given, dict):
        return False
    wanted = DecisionInput.model_validate({"decision": decision.decision, **given})
    return (
        (wanted.decision, wanted.approval_id, wanted.revision) == (decision.decision, decision.approval_id, decision.revision)
        and not wanted.arguments
        and not wanted.answer
        and check_name("reviewer", wanted.reviewer) == decision.reviewer
        and words(wanted.note) == decision.note
    )


def words(note: str | None) -> str | None:
    """The note as the case keeps it. Raises: InvalidInput."""
    return check_text("note", note) if note and note.strip() else None

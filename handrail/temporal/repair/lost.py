"""Lost runs: what the history of runs that ended before their case was over still tells."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.case.changes import EditMessage, WithdrawMessage
from handrail.domain.case.reconciling import Remains, SentChange, SentMessage
from handrail.temporal.cases.executions import PREFIX, Execution, RunStatus, executions
from handrail.temporal.identity import signal, update
from handrail.temporal.plain import plain_events

RUNS = 5
WORDS = 200
ENDED = {RunStatus.TERMINATED, RunStatus.FAILED, RunStatus.CANCELED, RunStatus.TIMED_OUT}
MESSAGES = ("message", "send_message")
CHANGES: dict[str, type[EditMessage | WithdrawMessage]] = {"edit_message": EditMessage, "withdraw_message": WithdrawMessage}


class LostRuns:
    """The port `Remainders`, over the server's histories."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of(self, case_id: str) -> Remains:
        """See `ports.Remainders.of`. A run that was deleted tells nothing."""
        query = f"WorkflowId = '{PREFIX}{case_id}'"
        found = [one async for one in executions(self._client, query) if one.standing in ENDED]
        lost = sorted(found, key=lambda one: one.started)[-RUNS:]
        if not lost:
            return Remains(ended="Temporal holds no run of the case any more; it may have been deleted.")
        told = [await self._remains(one) for one in lost]
        return Remains(
            ended=told[-1].ended,
            sent=[message for one in told for message in one.sent],
            changes=[change for one in told for change in one.changes],
        )

    async def _remains(self, run: Execution) -> Remains:
        handle = self._client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
        sent, changes, ended = list[SentMessage](), list[SentChange](), f"Its run was {run.standing}."
        try:
            async for event in plain_events(self._client, handle):
                sent.extend(message(event))
                changes.extend(change(event))
                ended = ending(event) or ended
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return Remains(ended=ended, sent=sent, changes=changes)


def message(event: HistoryEvent) -> list[SentMessage]:
    """The customer's message that the event brought, if it brought one."""
    if (given := signal(event)) and given.signal_name in MESSAGES:
        return said(given.input.payloads)
    if (sent := update(event)) and sent.input.name in MESSAGES:
        return said(sent.input.args.payloads)
    if event.HasField("workflow_execution_started_event_attributes"):
        return opening(value(event.workflow_execution_started_event_attributes.input.payloads))
    return []


def change(event: HistoryEvent) -> list[SentChange]:
    """The customer's edit or withdrawal that the event brought, if it brought one: the run had checked it."""
    sent = update(event)
    kind = CHANGES.get(sent.input.name) if sent else None
    given = value(sent.input.args.payloads) if sent and kind else None
    try:
        return [SentChange.model_validate(kind.model_validate(given).model_dump())] if kind else []
    except ValidationError:
        return []  # another build's, which no words can be made of here


def opening(given: Any) -> list[SentMessage]:
    """The message that opened the case; a run that went on with it holds those that nobody had dealt with."""
    if not isinstance(given, dict):
        return []
    if isinstance(given.get("parked"), dict):
        return [one for waiting in given["parked"].get("inbox", []) for one in _said(waiting)]
    return _said(given.get("message"))


def said(payloads: Any) -> list[SentMessage]:
    """The message in the box, as an object or as bare text."""
    return _said(value(payloads))


def _said(given: Any) -> list[SentMessage]:
    if isinstance(given, str):
        return [SentMessage(text=given)]
    if isinstance(given, dict) and isinstance(given.get("text"), str):
        named = given.get("message_id")
        return [SentMessage(message_id=named if isinstance(named, str) else None, text=given["text"])]
    return []


def value(payloads: Any) -> Any:
    """The first payload's JSON; None where it is none."""
    first: Payload | None = next(iter(payloads), None)
    if first is None or first.metadata.get("encoding") != b"json/plain":
        return None
    try:
        return json.loads(first.data)
    except (ValueError, RecursionError):
        return None


def ending(event: HistoryEvent) -> str | None:
    """Describe how the run ended, for whoever gets the case; None where the event ends nothing."""
    if event.HasField("workflow_execution_terminated_event_attributes"):
        by = event.workflow_execution_terminated_event_attributes
        who, why = short(by.identity) or "somebody", short(by.reason) or "no reason given"
        return f"Its run was terminated in Temporal by {who}: {why}."
    if event.HasField("workflow_execution_failed_event_attributes"):
        return f"Its run failed: {short(event.workflow_execution_failed_event_attributes.failure.message)}"
    if event.HasField("workflow_execution_timed_out_event_attributes"):
        return "Its run reached a time limit that it was started with."
    if event.HasField("workflow_execution_canceled_event_attributes"):
        return "Its run was cancelled in Temporal."
    return None


def short(words: str) -> str:
    """Put the words on one line of bounded length."""
    return " ".join(words.split())[:WORDS]

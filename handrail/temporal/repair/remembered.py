"""A case rebuilt from its histories, for a record that lost it: every run began with what the one before it knew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.base import digest
from handrail.domain.case.cases import AuditEntry, CaseRow, CaseView
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.case.reconciling import Rebuilt
from handrail.temporal.cases.executions import PREFIX
from handrail.temporal.plain import plain_events
from handrail.temporal.repair.lost import value

RUNS = 500
COMMIT = "record.commit"
M = TypeVar("M", bound=BaseModel)


async def rebuilt(client: Client, view: CaseView, latest: list[Message], handoff: Handoff | None) -> Rebuilt:
    """The case as it stands, with everything that its runs, newest first, still tell of what was said and decided."""
    messages = {one.message_id: one for one in latest}
    approvals = {one.revision: one for one in view.approvals}
    audit: dict[str, AuditEntry] = {}
    packets = [handoff] if handoff else []
    async for noted in notes(client, view.case_id):
        for message in models(Message, noted.get("messages")):
            messages.setdefault(message.message_id, message)
        for approval in models(Approval, noted.get("approvals")):
            if approval.revision not in approvals or approvals[approval.revision].status is ApprovalStatus.OPEN:
                approvals[approval.revision] = newer(approvals.get(approval.revision), approval)
        audit |= {one.entry_id: one for one in models(AuditEntry, noted.get("audit") or noted.get("unsaved_audit"))}
        packets += models(Handoff, [noted.get("handoff")])
    now_open = {one.revision for one in view.approvals if one.status is ApprovalStatus.OPEN}
    settled = [one if one.revision in now_open else closed(one) for one in approvals.values()]
    return Rebuilt(
        row=CaseRow.model_validate(view.model_dump()),
        messages=sorted(messages.values(), key=lambda one: (one.sequence, one.at)),
        approvals=sorted(settled, key=lambda one: one.revision),
        classification=view.classification,
        effects=view.effects,
        handoff=packets[0] if packets else None,
        usage=view.usage,
        audit=[*audit.values(), *witnesses(settled, audit), mark(view)],
    )


def newer(known: Approval | None, found: Approval) -> Approval:
    """Return the newer of two approvals: the case's own word now; of what it has forgotten, what was settled."""
    return known if known is not None and found.status is ApprovalStatus.OPEN else found


def closed(approval: Approval) -> Approval:
    """A question that the case has forgotten is not open any more."""
    return (
        approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN})
        if approval.status is ApprovalStatus.OPEN
        else approval
    )


def witnesses(approvals: list[Approval], audit: dict[str, AuditEntry]) -> list[AuditEntry]:
    """An entry for each decision whose own is lost: no decision stands without one."""
    known = {(one.action, str(one.details.get("revision"))) for one in audit.values()}
    return [
        AuditEntry(
            entry_id=f"rebuilt-{digest([one.case_id, one.revision])[:32]}",
            at=one.decision.decided_at,
            actor=one.decision.reviewer,
            action=f"decision:{one.decision.decision}",
            details={"revision": one.revision, "approval_id": one.approval_id, "rebuilt": True},
        )
        for one in approvals
        if one.decision and (f"decision:{one.decision.decision}", str(one.revision)) not in known
    ]


def mark(view: CaseView) -> AuditEntry:
    """Return the audit's entry that the record was rebuilt, once for each version of the case."""
    return AuditEntry(
        entry_id=f"rebuilt-{digest([view.case_id, view.version, 'record'])[:32]}",
        at=view.updated_at,
        actor="handrail",
        action="rebuilt_from_history",
        details={"version": view.version, "status": view.status},
    )


def models(kind: type[M], found: Any) -> list[M]:
    """List the items that are models of this kind. Histories are long-lived: those not readable any more are left out."""
    good: list[M] = []
    for one in found if isinstance(found, list) else []:
        try:
            good.append(kind.model_validate(one))
        except ValidationError:
            continue
    return good


async def notes(client: Client, case_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield what the case's runs wrote down, the newest run first and within it the newest note."""
    run_id: str | None = None
    for _ in range(RUNS):
        handle = client.get_workflow_handle(f"{PREFIX}{case_id}", run_id=run_id)
        try:
            events = [event async for event in plain_events(client, handle)]
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return
        for event in reversed(events):
            if (found := note(event)) is not None:
                yield found
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id if events else None
        if not run_id:
            return


def note(event: HistoryEvent) -> dict[str, Any] | None:
    """A commit on its way to the record, or what a run began with; None where the event is neither."""
    if event.HasField("workflow_execution_started_event_attributes"):
        given = value(event.workflow_execution_started_event_attributes.input.payloads)
        return given["parked"] if isinstance(given, dict) and isinstance(given.get("parked"), dict) else None
    scheduled = event.activity_task_scheduled_event_attributes
    if scheduled.activity_type.name != COMMIT:
        return None
    given = value(scheduled.input.payloads)
    return given if isinstance(given, dict) else None

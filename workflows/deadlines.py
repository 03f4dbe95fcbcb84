"""What happens when nobody does anything. Silence is never consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from handrail.domain.cases import CaseStatus
from handrail.domain.handoffs import Escalation
from workflows.memory import CaseMemory

REROUTES = 2
What = Literal["remind", "expire", "reroute", "close"]
LABELS: dict[What, str] = {
    "remind": "Reminder: a person is awaited",
    "expire": "Approval deadline: nobody approved, a person takes over",
    "reroute": "Answer deadline: the next tier takes over",
    "close": "Closes: nothing more was written",
}
SETTLING = "Settling before it parks"


def deadline(memory: CaseMemory) -> tuple[datetime, What] | None:
    """The next moment at which something happens by itself, and what; None where nothing is due."""
    row = memory.row
    if row.status is CaseStatus.AWAITING_APPROVAL and memory.open_approvals:
        first = min(memory.open_approvals, key=lambda one: one.due_at)
        return _with_reminder(memory, first.opened_at, first.due_at, "expire")
    if row.status is CaseStatus.WITH_HUMAN and row.due_at is not None:
        return _with_reminder(memory, row.updated_at, row.due_at, "reroute")
    if row.status is CaseStatus.AWAITING_CUSTOMER:
        return row.updated_at + timedelta(hours=memory.terms.silence_hours), "close"
    if row.status is CaseStatus.RESOLVED:
        return row.updated_at + timedelta(hours=memory.terms.reopen_hours), "close"
    return None


def _with_reminder(memory: CaseMemory, since: datetime, due: datetime, last: What) -> tuple[datetime, What]:
    half = since + (due - since) / 2
    return (due, last) if memory.reminded else (half, "remind")


def passed(memory: CaseMemory, what: What, now: datetime) -> None:
    """A deadline passed and nobody had done anything."""
    if what == "remind":
        memory.reminded = True
        memory.notice = f"Reminder at {now:%Y-%m-%d %H:%M} UTC: a person is awaited."
        memory.audit("clock", "reminder", now)
    elif what == "expire":
        memory.interruption = Escalation(reason="approval_expired", words="Nobody decided in time; nothing was approved.")
    elif what == "reroute":
        _pass_on(memory, now)
    else:
        memory.closing = "clock"


def _pass_on(memory: CaseMemory, now: datetime) -> None:
    """To the next in line; whoever stands last in it keeps the case and stays reminded."""
    memory.reroutes += 1
    if memory.reroutes <= REROUTES:
        memory.row = memory.row.model_copy(update={"assignee": None})
        memory.interruption = Escalation(reason="no_answer", words="Nobody answered in time; the next tier takes over.")
        return
    within = memory.handoff.route.respond_within_minutes if memory.handoff else 240
    memory.become(CaseStatus.WITH_HUMAN, now, due_at=now + timedelta(minutes=within))
    memory.notice = f"Overdue since {now:%Y-%m-%d %H:%M} UTC: nobody has answered."
    memory.audit("clock", "overdue", now)
    memory.reminded = False

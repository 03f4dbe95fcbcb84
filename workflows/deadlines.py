"""What happens when nobody does anything. Silence is never consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from handrail.domain.cases import CaseStatus
from workflows.memory import CaseMemory

What = Literal["remind", "expire", "reroute", "close"]
LABELS: dict[What, str] = {
    "remind": "Reminder: a person is awaited",
    "expire": "Approval deadline: nobody approved, a person takes over",
    "reroute": "Answer deadline: the next tier takes over",
    "close": "Closes: nothing more was written",
}


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

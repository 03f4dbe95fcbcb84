"""The facts a person needs when no worker runs: the Memo tab shows them, while current details and menus need a worker.

Summary and details given at the start do not travel into a run in which a case goes on; a memo handed on does. It is plain
text on the server: facts and names of entries, no personal data.
"""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from handrail.domain.case.cases import CaseStatus
from workflows.memory.case import CaseMemory
from workflows.page.entries import entries
from workflows.page.markdown import utc

WAITING = "waiting"


def essentials(memory: CaseMemory) -> dict[str, Any] | None:
    """Return what is asked, until when, why, and the choices; None where only the customer is waited for."""
    row = memory.row
    found: dict[str, Any] = {"status": row.status.value, "until": utc(row.due_at) if row.due_at else None}
    if row.status is CaseStatus.AWAITING_APPROVAL and memory.open_approvals:
        request = memory.open_approvals[0].request
        found |= {"asked": request.headline, "rules": request.rules, "role": request.role}
    elif row.status is CaseStatus.WITH_HUMAN:
        found |= {"asked": "a person's answer", "reason": row.reason, "queue": row.queue, "tier": int(row.tier)}
    else:
        return None
    return {**found, "choose": list(entries(memory))}


def memo(memory: CaseMemory) -> dict[str, Any]:
    """The memo of the run in which the case goes on. What was only written in this run would not go with it."""
    kept = {name: value for name, value in workflow.memo().items() if name != WAITING}
    wanted = essentials(memory)
    return {**kept, WAITING: wanted} if wanted else kept


def publish_memo(memory: CaseMemory) -> None:
    """Bring this run's memo up to date, where it differs."""
    wanted = essentials(memory)
    if workflow.memo_value(WAITING, None) != wanted:
        workflow.upsert_memo({WAITING: wanted})

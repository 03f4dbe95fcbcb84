"""The audit of questions to the customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphs.state import identity
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.case.cases import AuditEntry


def audited(case_id: str, question: Confirmation, what: str, now: datetime, actor: str, **details: Any) -> AuditEntry:
    """The audit's line of a question: asked, or what became of it."""
    effects = [
        {"proposal_id": one.proposal.proposal_id, "action": one.proposal.action, "arguments_hash": one.proposal.arguments_hash}
        for one in question.asked
    ]
    return AuditEntry(
        entry_id=identity(case_id, question.question_id, question.times, what),
        at=now,
        actor=actor,
        action=f"confirm:{what}",
        details={"question_id": question.question_id, "effects": effects, "due_at": question.due_at.isoformat(), **details},
    )

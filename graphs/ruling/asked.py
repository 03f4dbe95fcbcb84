"""The audit of questions to the customer, and the reason to stop where a yes is taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphs.state import identity
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import UNCLEAR, AnswerKind, Confirmation, answered, taken_back
from handrail.domain.case.cases import AuditEntry
from handrail.domain.case.handoffs import Escalation

WITHDREW = Escalation(
    reason=UNCLEAR,
    words="The customer took their yes back or put it in doubt while it was acted on. The packet says what was done by then.",
)


def withdrew(view: ClassifyView) -> Confirmation | None:
    """The question whose yes is being acted on and which the new words take back; None where they do not."""
    waiting = view.confirmation if view.acting else None
    if waiting and answered(waiting, view.acting) is not AnswerKind.CONFIRMED:
        waiting = None
    acted_on = view.confirmed or waiting
    return acted_on if acted_on and taken_back(acted_on, view.incoming) else None


def audited(case_id: str, question: Confirmation, what: str, now: datetime, actor: str, **details: Any) -> AuditEntry:
    """The audit's line of a question: asked, or what became of it."""
    effects = [
        {
            "proposal_id": one.proposal.proposal_id,
            "action": one.proposal.action,
            "arguments_hash": one.proposal.arguments_hash,
            "line": one.line,
        }
        for one in question.asked
    ]
    return AuditEntry(
        entry_id=identity(case_id, question.question_id, question.times, what),
        at=now,
        actor=actor,
        action=f"confirm:{what}",
        details={"question_id": question.question_id, "effects": effects, "due_at": question.due_at.isoformat(), **details},
    )

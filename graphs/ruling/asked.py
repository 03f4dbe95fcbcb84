"""The audit of questions to the customer, and the reason to stop where a yes is taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphs.state import identity
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import UNCLEAR, AnswerKind, Confirmation, Undoing
from handrail.domain.actions.consent import answered, undone
from handrail.domain.case.cases import AuditEntry
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import OUTCOME_UNKNOWN

WITHDREW = Escalation(
    reason=UNCLEAR,
    words="The customer took back, doubted or corrected their yes while it was acted on. The packet says what is done.",
)

WITHDREW_TOO_LATE = Escalation(
    reason=OUTCOME_UNKNOWN,
    words="The customer took back, doubted or corrected their yes once it had been sent, and the answer is missing.",
)


def acted_on(view: ClassifyView) -> Confirmation | None:
    """The question whose yes is being acted on; None where there is none."""
    waiting = view.confirmation if view.acting else None
    if waiting and answered(waiting, view.acting) is not AnswerKind.CONFIRMED:
        waiting = None
    return view.confirmed or waiting


def withdrew(view: ClassifyView) -> tuple[Confirmation, Undoing] | None:
    """The question whose yes is being acted on, and how the new words undo it; None where they do not."""
    question = acted_on(view)
    how = undone(question, view.incoming) if question else None
    return (question, how) if question and how else None


def settled(view: ClassifyView) -> ClassifyView:
    """The view once everything that the customer said yes to is done: new words are a new request."""
    return view.model_copy(update={"confirmed": None, "confirmation": None})


def audited(case_id: str, question: Confirmation, what: str, now: datetime, actor: str, **details: Any) -> AuditEntry:
    """The audit's line of a question: asked, or what became of it."""
    effects = [
        {
            "proposal_id": one.proposal.proposal_id,
            "action": one.proposal.action,
            "arguments_hash": one.proposal.arguments_hash,
            "line": one.words,
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

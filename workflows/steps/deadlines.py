"""Deadlines, for when nobody does anything. Silence is never consent, and never gives a case to the agent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from temporalio import workflow

from graphs.wishes import for_people
from handrail.domain.actions.asked import EXPIRED, with_answer
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import NO_ANSWER
from workflows.memory.case import CaseMemory
from workflows.steps.expectation import expect

REROUTES = 2
"""In cases whose route was made before routes named who is next."""
What = Literal["remind", "expire", "reroute", "unanswered", "close"]
LABELS: Mapping[What, str] = {
    "remind": "Reminder: a person is awaited",
    "expire": "Approval deadline: nobody approved, a person takes over",
    "reroute": "Answer deadline: whoever is next takes over",
    "unanswered": "Confirmation deadline: without a yes nothing is done",
    "close": "Closes: nothing more was written",
}
SETTLING = "Settling before it goes on in a fresh run"


def deadline(memory: CaseMemory) -> tuple[datetime, What] | None:
    """The next moment at which something happens by itself, and what; None where nothing is due."""
    row = memory.row
    if row.status is CaseStatus.AWAITING_APPROVAL and memory.open_approvals:
        first = min(memory.open_approvals, key=lambda one: one.due_at)
        return _with_reminder(memory, first.opened_at, first.due_at, "expire")
    if row.status is CaseStatus.WITH_HUMAN and row.due_at is not None:
        return _with_reminder(memory, row.updated_at, row.due_at, "reroute")
    if row.status is CaseStatus.AWAITING_CUSTOMER and memory.confirmation:
        return memory.confirmation.due_at, "unanswered"
    if row.status is CaseStatus.AWAITING_CUSTOMER:
        return row.updated_at + timedelta(hours=memory.terms.silence_hours), "close"
    if row.status is CaseStatus.RESOLVED:
        return row.updated_at + timedelta(hours=memory.terms.reopen_hours), "close"
    return None


def _with_reminder(memory: CaseMemory, since: datetime, due: datetime, last: What) -> tuple[datetime, What]:
    if memory.reminded:
        return due, last
    expected = memory.expected
    if last == "reroute" and expected is not None and expected.answer_by == due:
        return expected.remind_at, "remind"
    return since + (due - since) / 2, "remind"


async def passed(memory: CaseMemory, what: What) -> None:
    """A deadline passed and nobody had done anything."""
    now = workflow.now()
    if what == "remind":
        _remind(memory, now)
    elif what == "expire":
        memory.interruption = Escalation(reason="approval_expired", words="Nobody decided in time; nothing was approved.")
    elif what == "unanswered":
        _unanswered(memory, now)
    elif what == "reroute":
        await _pass_on(memory)
    elif memory.besides and memory.row.status is CaseStatus.AWAITING_CUSTOMER:
        memory.interruption = for_people(memory.besides)
    else:
        memory.closing = "clock"


def _unanswered(memory: CaseMemory, now: datetime) -> None:
    """The customer did not answer in time: nothing is done, and they are told so."""
    question, memory.confirmation = memory.confirmation, None
    if question is None:
        return
    memory.say_undone(question, "unanswered", now)
    memory.asked = with_answer(memory.asked, question, EXPIRED, now)
    memory.audit("clock", "confirm:expired", now, question_id=question.question_id)
    if memory.besides:
        memory.interruption = for_people(memory.besides)


def _remind(memory: CaseMemory, now: datetime) -> None:
    """Remind people, once; a case that waits in a queue moves up in it."""
    memory.reminded = True
    memory.notice = f"Reminder at {now:%Y-%m-%d %H:%M} UTC: a person is awaited."
    if memory.row.status is CaseStatus.WITH_HUMAN and memory.row.priority is not None:
        memory.become(CaseStatus.WITH_HUMAN, now, priority=max(memory.row.priority - 1, 1))
    memory.audit("clock", "reminder", now)


async def _pass_on(memory: CaseMemory) -> None:
    """Pass the case to the next in line; those who stand last keep it, and stay reminded."""
    if _somebody_is_next(memory):
        memory.reroutes += 1
        memory.let_go()
        memory.row = memory.row.model_copy(update={"assignee": None})
        memory.interruption = Escalation(reason=NO_ANSWER, words="Nobody answered in time; whoever is next takes over.")
        return
    expected = await expect(memory)
    now = workflow.now()
    if memory.row.status is not CaseStatus.WITH_HUMAN or memory.row.due_at is None:
        return
    memory.reroutes += 1
    memory.expected = expected
    memory.let_go()
    memory.become(CaseStatus.WITH_HUMAN, now, due_at=expected.answer_by, assignee=None)
    memory.notice = f"Overdue since {now:%Y-%m-%d %H:%M} UTC: nobody has answered."
    memory.audit("clock", "overdue", now)
    memory.reminded = False


def _somebody_is_next(memory: CaseMemory) -> bool:
    chain = memory.handoff.route.then if memory.handoff else None
    return memory.reroutes < REROUTES if chain is None else bool(chain)

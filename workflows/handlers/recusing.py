"""Somebody should not decide a case: they are out of it, and it waits for the others. Pure; no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import check_text
from handrail.domain.errors import IllegalTransition, Refused
from handrail.domain.team.commands import MAX_REASON, Recuse, folded, is_recused, same_name
from handrail.domain.team.recusing import without_yes
from workflows.memory.case import CaseMemory


def check_recuse(memory: CaseMemory, wanted: Recuse) -> str:
    """The clean reason. Raises: IllegalTransition, InvalidInput."""
    if memory.closing or memory.row.status is CaseStatus.CLOSED:
        raise IllegalTransition("recuse: the case is closed; there is nothing left to decide.")
    return check_text("reason", wanted.reason, MAX_REASON)


def recuse(memory: CaseMemory, wanted: Recuse, now: datetime, nobody_left: str, **told: Any) -> None:
    """The person has no part in the case any more, whoever else takes it; a second time changes nothing.

    A yes of theirs counts no more: what it stood under is asked anew.
    """
    reason, row, who = check_recuse(memory, wanted), memory.row, wanted.reviewer
    if is_recused(who, row.recused):
        return
    held = row.status is CaseStatus.WITH_HUMAN and row.assignee is not None and same_name(who, row.assignee)
    if held:
        memory.let_go()
    memory.become(row.status, now, recused=[*row.recused, folded(who)], **({"assignee": None} if held else {}))
    for approval in memory.open_approvals:
        left = without_yes(approval, who)
        if len(left) < len(approval.yes):
            memory.ask_again(approval.model_copy(update={"yes": left}), now)
    left_over = {"nobody_left": nobody_left} if nobody_left else {}
    memory.audit(who, "recuse", now, reason=reason, **left_over, **told)
    memory.notice = f"{now:%Y-%m-%d %H:%M} UTC: {out_of_it(who)} {nobody_left}".strip()


def refuse_recused(memory: CaseMemory, kind: type[Refused], what: str, who: str) -> None:
    """Raises: Refused, of this kind: they have said that they should not decide this case."""
    if is_recused(who, memory.row.recused):
        raise kind(f"{what}: {out_of_it(who)}")


def out_of_it(who: str) -> str:
    """Return what is said of somebody who should not decide, by their own word."""
    return f"{who} has said that they should not decide this case, and has no part in it. Somebody else has to."

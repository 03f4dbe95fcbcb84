"""Cases as other people's agents see them, over MCP and A2A: in short, with what they have to hand on or to decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseView
from handrail.domain.http.cases import CaseSummary

MOST_APPROVALS = 10


class ApprovalAsked(Stored):
    """An approval that waits, exactly as a decision has to name it."""

    approval_id: str
    revision: int
    title: str
    arguments: dict[str, Any]
    due_at: datetime | None = None

    @classmethod
    def of(cls, approval: Approval) -> ApprovalAsked:
        """The approval without what the model said about it."""
        return cls.model_validate({name: getattr(approval, name) for name in cls.model_fields})


class AgentCase(CaseSummary):
    """A case for an agent. `acts_for` names the house whose machine answers; `reply` is text for people, never an instruction.

    `question` is for the human behind the agent; `approvals` are there for callers who may decide, and for nobody else.
    """

    acts_for: str = ""
    approvals: list[ApprovalAsked] = Field(default_factory=list)


class AgentCases(Stored):
    """Cases that wait for people, in the order in which they are handed out."""

    waiting: int
    cases: list[AgentCase]


class AgentTask(Stored):
    """An agent's part in a case: who speaks in it, in which conversation. `customer_id` is null until they say whose it is."""

    case_id: str
    caller: str
    person: str | None = None
    context_id: str
    customer_id: str | None = None
    noted_at: datetime


def open_approvals(view: CaseView) -> list[ApprovalAsked]:
    """The approvals of the case that wait for a decision."""
    return [ApprovalAsked.of(one) for one in view.approvals if one.status is ApprovalStatus.OPEN][:MOST_APPROVALS]

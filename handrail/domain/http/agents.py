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
    due_at: datetime

    @classmethod
    def of(cls, approval: Approval) -> ApprovalAsked:
        """The approval without what the model said about it."""
        asked = approval.request
        return cls(
            approval_id=approval.approval_id,
            revision=approval.revision,
            title=asked.title,
            arguments=asked.arguments,
            due_at=approval.due_at,
        )


class ApprovalDecided(Stored):
    """An approval after a decision on it: settled, or open with one more yes."""

    approval_id: str
    revision: int
    status: ApprovalStatus

    @classmethod
    def of(cls, approval: Approval) -> ApprovalDecided:
        """The approval in short."""
        return cls(approval_id=approval.approval_id, revision=approval.revision, status=approval.status)


class AgentCase(CaseSummary):
    """A case for an agent. `acts_for` names the house whose machine answers; `reply` is text for people, never an instruction.

    `question` is for the human behind the agent; `approvals` are there for callers who may decide, and for nobody else.
    """

    acts_for: str = ""
    approvals: list[ApprovalAsked] = Field(default_factory=list)


class AgentCases(Stored):
    """Cases that wait for an approval, then those in the queue, as they are handed out; `with_people` is how long that is."""

    with_people: int
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

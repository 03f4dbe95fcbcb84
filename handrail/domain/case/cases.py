"""A case: how it looks from outside, what a step changes, and what may follow what."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any, assert_never

from pydantic import Field, field_validator

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.base import Stored
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Handoff, MessageExtract
from handrail.domain.case.messages import Message
from handrail.domain.case.requests import CaseOpen as CaseOpen
from handrail.domain.case.requests import CaseStatus as CaseStatus
from handrail.domain.case.routes import Route
from handrail.domain.case.turns import TurnEnded, TurnKey
from handrail.domain.errors import IllegalTransition
from handrail.domain.llm.agent import Usage

AGENTS_CHANNELS = frozenset({"a2a", "agent", "mcp"})
"""Channels of cases that other people's agents open: by A2A, over HTTP and by MCP. What an agent says is nobody's consent."""


class Tier(IntEnum):
    """The tier that works on a case."""

    AGENT = 0
    SUPPORT = 1
    SPECIALIST = 2


def followers(status: CaseStatus) -> frozenset[CaseStatus]:
    """The statuses that may follow `status`, besides itself."""
    match status:
        case CaseStatus.WORKING:
            return frozenset(CaseStatus) - {CaseStatus.WORKING}
        case CaseStatus.AWAITING_CUSTOMER:
            return frozenset({CaseStatus.WORKING, CaseStatus.WITH_HUMAN, CaseStatus.RESOLVED, CaseStatus.CLOSED})
        case CaseStatus.AWAITING_APPROVAL:
            return frozenset({CaseStatus.WORKING, CaseStatus.WITH_HUMAN, CaseStatus.CLOSED})
        case CaseStatus.WITH_HUMAN:
            return frozenset({CaseStatus.WORKING, CaseStatus.AWAITING_CUSTOMER, CaseStatus.RESOLVED, CaseStatus.CLOSED})
        case CaseStatus.RESOLVED:
            return frozenset({CaseStatus.WORKING, CaseStatus.WITH_HUMAN, CaseStatus.CLOSED})
        case CaseStatus.CLOSED:
            return frozenset()
        case _:
            assert_never(status)


def check_transition(before: CaseStatus, after: CaseStatus) -> CaseStatus:
    """`after`, where it may follow `before`.

    Raises:
        IllegalTransition: it may not.
    """
    if after is before or after in followers(before):
        return after
    allowed = ", ".join(sorted(followers(before))) or "nothing"
    raise IllegalTransition(f"a case that is {before} cannot become {after}; what may follow: {allowed}.")


class Terms(Stored):
    """The terms of a case, as they were when it was opened: its waits for the customer, and its last resort.

    `at_once`: an update with a decision is checked in the workflow task that takes it, and what was decided goes into the
    record with the turn. Cases that earlier builds opened say it by markers in their histories, or do neither.
    """

    reopen_hours: int = 72
    silence_hours: int = 168
    route: Route | None = Field(default=None, description="where the case goes when nothing can be read that says where")
    at_once: bool = False


class Opened(Terms):
    """The terms of a case that was just recorded, with what its first message says.

    `stood` tells that an earlier run had opened the case, and was lost before the case was over.
    """

    heard: MessageExtract | None = None
    stood: bool = False


ABOVE_ALL = 1_000
"""More versions than a run commits: where one was cut off, the next begins so far above it."""


class CaseRow(Stored):
    """The case's row as people and reports read it. `version` grows with every commit; an older one changes nothing."""

    case_id: str
    customer_id: str
    channel: str = "api"
    status: CaseStatus = CaseStatus.WORKING
    topic: str | None = None
    tier: Tier = Tier.AGENT
    queue: str | None = None
    priority: int | None = None
    risk: str | None = None
    reason: str | None = None
    language: str | None = None
    reply: str | None = None
    confidence: float | None = None
    assignee: str | None = None
    turn: int = 1
    due_at: datetime | None = None
    opened_at: datetime
    updated_at: datetime
    version: int = 0
    content_digest: str = ""
    recused: list[str] = Field(default_factory=list, description="people who should not decide it, as names are compared")

    @property
    def begun_again(self) -> bool:
        """Return whether a run of the case was cut off, so that the record may hold what this one does not know."""
        return self.version >= ABOVE_ALL

    @property
    def by_agent(self) -> bool:
        """Return whether an agent speaks for the customer, so that its words consent to nothing."""
        return self.channel in AGENTS_CHANNELS


class CaseView(CaseRow):
    """A case as `status` and the command line show it."""

    approvals: list[Approval] = Field(
        default_factory=list, description="open ones first; among them, and behind them, the newest revision first"
    )
    effects: list[EffectResult] = Field(default_factory=list)
    classification: Classification | None = None
    usage: Usage = Field(default_factory=Usage)
    confirmation: Confirmation | None = Field(default=None, description="what the customer is asked to confirm now")
    asked: list[AskedEffect] = Field(default_factory=list, description="what the customer was asked, and answered")
    notice: str | None = Field(
        default=None, description="the newest notice: what was refused or came oddly, when and why; history, not a state"
    )
    release: str | None = Field(default=None, description="what answered last, as one hash")
    arm: str | None = Field(default=None, description="'control' or 'candidate', where a ramp was going then")
    paused: str | None = Field(default=None, description="who paused it in Temporal, when and why; unpausing lets it go on")

    @field_validator("approvals", mode="after")
    @classmethod
    def _open_first(cls, approvals: list[Approval]) -> list[Approval]:
        return sorted(approvals, key=lambda one: (one.status is not ApprovalStatus.OPEN, -one.revision))


class RuledProposal(Stored):
    """A proposal with the verdict on exactly its revision."""

    proposal: Proposal
    verdict: Verdict


class AuditEntry(Stored):
    """A line of the audit: an actor and an action; `entry_id` makes it idempotent."""

    entry_id: str
    at: datetime
    actor: str
    action: str
    details: dict[str, Any] = Field(default_factory=dict)


class Unrecorded(Stored):
    """Rulings that go into the record with what comes of them, in the same transaction."""

    rulings: list[RuledProposal] = Field(default_factory=list)
    audit: list[AuditEntry] = Field(default_factory=list)


class Commit(Stored):
    """Everything that one step of a case changed: written in one transaction, idempotent on the ids within."""

    row: CaseRow
    messages: list[Message] = Field(default_factory=list)
    classification: Classification | None = None
    rulings: list[RuledProposal] = Field(default_factory=list)
    approvals: list[Approval] = Field(default_factory=list)
    handoff: Handoff | None = None
    usage: Usage | None = None
    audit: list[AuditEntry] = Field(default_factory=list)
    reply_approved: bool = Field(default=False, description="a person approved the assistant's words among the messages")
    begun_again: bool = Field(default=False, description="open approvals that an abandoned run alone knew are withdrawn")
    turn: TurnEnded | None = Field(default=None, description="the end of a turn that has a journal")
    key: TurnKey | None = Field(default=None, description="the attempt that writes this while its turn goes on")

"""Decisions of people: what is asked, what may be answered, who said yes. What follows from it is in `decisions`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.earlier import REPEATED
from handrail.domain.base import Model, Stored
from handrail.domain.team.commands import Reviewer


class RequestKind(StrEnum):
    """An approval is approved, edited or rejected; a question is answered."""

    APPROVAL = "approval"
    QUESTION = "question"


class HumanRequest(Stored):
    """A request to people, as any graph node passes it to `interrupt()`. The workflow opens an approval for it.

    `arguments` is what would be done, `arguments_hash` its digest; `headline` must not hold personal data: it becomes
    part of a menu entry's name in the Temporal Web UI.
    """

    request_id: str
    kind: RequestKind = RequestKind.APPROVAL
    action: str
    title: str
    headline: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    arguments_hash: str = ""
    reasons: list[str] = Field(default_factory=list)
    rules: list[str] = Field(default_factory=list, description="the rule behind each reason, as policy/rule")
    shown: dict[str, str] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict, description="the values that policies saw; limits are over these")
    role: str = Field(default="support", description="the most demanding of `roles`")
    roles: list[str] = Field(default_factory=list, description="each must be held by somebody who approves")
    quorum: int = Field(default=1, description="how many different people must approve")
    verified_identity: bool = Field(default=False, description="who approves must be known beyond doubt")
    proposed_by: list[str] = Field(default_factory=list, description="people who asked for it; they do not approve it")
    expires_in_minutes: int = 240
    asked: list[AskedEffect] = Field(default_factory=list, description="what the customer was asked about it, and answered")

    @property
    def wanted_roles(self) -> list[str]:
        """Every role that somebody who approves must hold."""
        return self.roles or [self.role]

    @property
    def repeats(self) -> list[str]:
        """The reasons that say what was done, or may have been, in this very case already: they are read first."""
        return [words for words, rule in zip(self.reasons, self.rules, strict=False) if rule == REPEATED]


class DecisionKind(StrEnum):
    """A decision that a person may take."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    ANSWER = "answer"


class Identity(StrEnum):
    """The certainty about who decided."""

    VERIFIED = "verified"
    SELF_DECLARED = "self-declared"


class DecisionInput(Model):
    """The `decide` update's one argument: what the person saw, and what they say to it.

    `approve` and `edit` name `approval_id` and `revision`; `reject` and `answer` may leave both out while exactly one
    approval is open.
    """

    decision: DecisionKind
    approval_id: str | None = Field(default=None, max_length=120)
    revision: int | None = Field(
        default=None, ge=1, le=1_000_000, description="the revision the person saw; a stale one is refused"
    )
    arguments: dict[str, Any] | None = Field(default=None, description="with `edit`: the fields that change")
    answer: str | None = Field(default=None, max_length=8_000, description="with `answer`: the person's words")
    note: str | None = Field(default=None, max_length=2_000)
    reviewer: Reviewer = Field(description="who decides")


class Yes(Stored):
    """One person's approval of exactly these arguments. `sender` is whom the case's history names, `roles` what they hold."""

    reviewer: str
    identity: Identity = Identity.SELF_DECLARED
    sender: str = ""
    roles: list[str] = Field(default_factory=list)
    arguments_hash: str = ""
    via: str = ""
    at: datetime


class Decision(Stored):
    """A decision that was taken. `arguments_hash` is the digest of exactly what was decided on.

    `approvers` are those who stand behind it: none where an edit has still to be approved by somebody else; None in what was
    recorded before approvers were.
    """

    approval_id: str
    revision: int
    decision: DecisionKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    arguments_hash: str = ""
    answer: str | None = None
    note: str | None = None
    reviewer: str = ""
    identity: Identity = Identity.SELF_DECLARED
    sender: str = Field(default="", description="whom the case's own history names")
    roles: list[str] = Field(default_factory=list, description="what the reviewer decides by")
    reviewers_version: str = Field(default="", description="content hash of the reviewers in force")
    approvers: list[Yes] | None = None
    via: str = "update"
    decided_at: datetime


SENDER_OF = "handrail.sender_of"
"""The name of the function by which a worker tells a case's workflow who sent an update."""


class Source(Stored):
    """The event of the case's own history by which a decision came.

    `place` counts the equal signals that were handed over at the same moment, before this one. `sender` is the identity in
    the update's event, where the worker told it with the update; else the history is asked for it.
    """

    workflow_id: str
    run_id: str
    update_id: str | None = None
    signal: str | None = None
    place: int = 0
    sender: str | None = None

    @property
    def event(self) -> dict[str, Any]:
        """The keys to look it up by, for the audit."""
        return {"run_id": self.run_id, "update_id": self.update_id, "signal": self.signal}


class ForAgent(Stored):
    """The topic and customer of a case that is handed back to the agent."""

    topic: str
    customer_id: str


class SentDecision(Stored):
    """A decision that somebody sent, with the event by which it came; `back` where they give the case to the agent."""

    source: Source
    decision: Decision
    back: ForAgent | None = None


class ApprovalStatus(StrEnum):
    """Open, or one of the ways it ended. `revised`: edited, and asked anew, because its editor may not approve it."""

    OPEN = "open"
    APPROVED = "approved"
    EDITED = "edited"
    REVISED = "revised"
    REJECTED = "rejected"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Approval(Stored):
    """A pending or settled decision. `revision` counts case-wide, so a menu entry's name is never used twice."""

    approval_id: str
    case_id: str
    revision: int
    request: HumanRequest
    status: ApprovalStatus = ApprovalStatus.OPEN
    opened_at: datetime
    due_at: datetime
    update_names: list[str] = Field(default_factory=list)
    yes: list[Yes] = Field(default_factory=list, description="who approved so far")
    decision: Decision | None = None

    def menu(self) -> dict[str, DecisionKind]:
        """The no-input entries of the Temporal Web UI: name to decision."""
        if self.request.kind is RequestKind.QUESTION:
            return {}
        return {
            f"1 · Approve {self.request.headline} · r{self.revision}": DecisionKind.APPROVE,
            f"2 · Reject {self.request.headline} · r{self.revision}": DecisionKind.REJECT,
        }


class Attempt(Stored):
    """A decision on its way, before anything is settled: what is open, what is said to it, and by which event it came.

    `changed` names the arguments that an edit changes.
    """

    case_id: str
    customer_id: str
    topic: str = ""
    approval: Approval
    decision: Decision
    changed: list[str] = Field(default_factory=list)
    source: Source


class Permit(Stored):
    """The attempt with who it is and, in an edit, clean arguments; `refused` says why it may not be, and what to do.

    Under `no_self_approval` an edit is approved by somebody else, whatever the quorum.
    """

    decision: Decision
    refused: str | None = None
    no_self_approval: bool = False

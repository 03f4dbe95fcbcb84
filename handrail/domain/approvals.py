"""Decisions of people: what is asked, what may be answered, and that it is settled once."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.errors import ApprovalRefused
from handrail.domain.model import Model, Stored, digest
from handrail.domain.people import Reviewer

MAX_EDIT = 16_000
"""Characters of JSON in an edit's arguments."""


class RequestKind(StrEnum):
    """An approval is approved, edited or rejected; a question is answered."""

    APPROVAL = "approval"
    QUESTION = "question"


class HumanRequest(Stored):
    """What a graph node passes to `interrupt()`. The workflow turns it into an open approval, whatever node it came from.

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
    role: str = "support"
    expires_in_minutes: int = 240


class DecisionKind(StrEnum):
    """What a person may decide."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    ANSWER = "answer"


class Identity(StrEnum):
    """How sure it is who decided."""

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


class Decision(Stored):
    """A decision that was taken. `arguments_hash` is the digest of exactly what was decided on."""

    approval_id: str
    revision: int
    decision: DecisionKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    arguments_hash: str = ""
    answer: str | None = None
    note: str | None = None
    reviewer: str = ""
    identity: Identity = Identity.SELF_DECLARED
    via: str = "update"
    decided_at: datetime


class Source(Stored):
    """The event of the case's own history by which a decision came."""

    workflow_id: str
    run_id: str
    update_id: str | None = None
    signal: str | None = None


class Seen(Stored):
    """A decision with the event by which it came."""

    source: Source
    decision: Decision


class Edit(Stored):
    """A reviewer's changed arguments, to be checked before they are accepted."""

    case_id: str
    customer_id: str
    action: str
    arguments: dict[str, Any]


class ApprovalStatus(StrEnum):
    """Open, or one of the ways it ended."""

    OPEN = "open"
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


BINDING = (DecisionKind.APPROVE, DecisionKind.EDIT)
"""What makes something happen counts only for exactly what was seen."""

SETTLED_AS: dict[DecisionKind, ApprovalStatus] = {
    DecisionKind.APPROVE: ApprovalStatus.APPROVED,
    DecisionKind.EDIT: ApprovalStatus.EDITED,
    DecisionKind.REJECT: ApprovalStatus.REJECTED,
    DecisionKind.ANSWER: ApprovalStatus.ANSWERED,
}


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
    decision: Decision | None = None

    def menu(self) -> dict[str, DecisionKind]:
        """The no-input entries of the Temporal Web UI: name to decision."""
        if self.request.kind is RequestKind.QUESTION:
            return {}
        return {
            f"1 · Approve {self.request.headline} · r{self.revision}": DecisionKind.APPROVE,
            f"2 · Reject {self.request.headline} · r{self.revision}": DecisionKind.REJECT,
        }


def find(approvals: list[Approval], wanted: DecisionInput, now: datetime) -> Approval:
    """The open approval that `wanted` is about.

    Raises:
        ApprovalRefused: unknown, unnamed, settled, expired, stale, or a decision of the wrong kind.
    """
    still_open = [one for one in approvals if one.status is ApprovalStatus.OPEN]
    names = ", ".join(f"{one.approval_id} (r{one.revision})" for one in still_open) or "none"
    approval, asked = _named(approvals, still_open, wanted, names)
    if approval.status is not ApprovalStatus.OPEN:
        by = f" by {approval.decision.reviewer}" if approval.decision and approval.decision.reviewer else ""
        raise ApprovalRefused(
            f"approval_id: {approval.approval_id} was already {approval.status}{by}; it is settled once. Open: {names}."
        )
    if wanted.revision is None and asked > 1 and wanted.decision in BINDING:
        raise ApprovalRefused(f"revision: is missing, and this was asked {asked} times. Name what you saw. Open: {names}.")
    if wanted.revision is not None and wanted.revision != approval.revision:
        raise ApprovalRefused(
            f"revision: {wanted.revision} is not what is open now (r{approval.revision}). Look at it again, then decide."
        )
    if now >= approval.due_at:
        raise ApprovalRefused(
            f"approval_id: {approval.approval_id} expired at {approval.due_at:%Y-%m-%d %H:%M} UTC; nothing was approved. "
            "A person takes the case over: claim it."
        )
    check_kind(approval, wanted)
    return approval


def _named(approvals: list[Approval], still_open: list[Approval], wanted: DecisionInput, names: str) -> tuple[Approval, int]:
    """What the decision names, and how often that was asked. A revision is the case's own and names exactly one."""
    if wanted.approval_id is not None:
        known = [one for one in approvals if one.approval_id == wanted.approval_id]
        if not known:
            raise ApprovalRefused(f"approval_id: {wanted.approval_id[:60]!r} is not known here. Open: {names}.")
        return known[-1], len(known)
    seen = [one for one in approvals if one.revision == wanted.revision]
    if len(seen) == 1:
        return seen[0], 1
    if still_open and wanted.decision in BINDING and wanted.revision is None:
        raise ApprovalRefused(f"approval_id: is missing; '{wanted.decision}' names what was seen. Open: {names}.")
    if len(still_open) != 1:
        raise ApprovalRefused(f"approval_id: is missing and {len(still_open)} approvals are open. Open: {names}.")
    return still_open[0], 1


def check_kind(approval: Approval, wanted: DecisionInput) -> None:
    """Refuse a decision that does not fit the request.

    Raises:
        ApprovalRefused: an answer to an approval, an approval of a question, an edit without a change, a change without
            an edit.
    """
    if wanted.arguments and wanted.decision is not DecisionKind.EDIT:
        raise ApprovalRefused(
            f"arguments: go with decision 'edit', not with '{wanted.decision}'. Send 'edit', or leave them out."
        )
    if wanted.answer and wanted.decision is not DecisionKind.ANSWER:
        raise ApprovalRefused(
            f"answer: goes with decision 'answer', not with '{wanted.decision}'. Use 'note', or leave it out."
        )
    question = approval.request.kind is RequestKind.QUESTION
    if question and wanted.decision is not DecisionKind.ANSWER:
        raise ApprovalRefused("decision: this is a question; send decision 'answer' with the field 'answer'.")
    if not question and wanted.decision is DecisionKind.ANSWER:
        raise ApprovalRefused("decision: this is an approval; send 'approve', 'edit' or 'reject'.")
    if wanted.decision is DecisionKind.ANSWER and not (wanted.answer or "").strip():
        raise ApprovalRefused("answer: is empty. Write the answer to the question.")
    if wanted.decision is DecisionKind.EDIT:
        if not wanted.arguments:
            raise ApprovalRefused("arguments: an edit needs the fields that change, for example {'amount': 80}.")
        size = len(json.dumps(wanted.arguments, default=str))
        if size > MAX_EDIT:
            raise ApprovalRefused(
                f"arguments: have {size:,} characters, at most {MAX_EDIT:,} are taken. Send only what changes."
            )
        unknown = sorted(set(wanted.arguments) - set(approval.request.arguments))
        if unknown:
            fields = ", ".join(sorted(approval.request.arguments))
            raise ApprovalRefused(f"arguments: {', '.join(unknown)[:120]} does not exist here. Fields: {fields}.")


def settle(approval: Approval, wanted: DecisionInput, now: datetime, via: str) -> Approval:
    """The approval with its decision. Call `find` first; this changes nothing outside."""
    arguments = {**approval.request.arguments, **(wanted.arguments or {})}
    decision = Decision(
        approval_id=approval.approval_id,
        revision=approval.revision,
        decision=wanted.decision,
        arguments=arguments,
        arguments_hash=digest(arguments),
        answer=wanted.answer,
        note=wanted.note,
        reviewer=wanted.reviewer,
        via=via,
        decided_at=now,
    )
    return approval.model_copy(update={"status": SETTLED_AS[wanted.decision], "decision": decision})

"""Decisions on approvals: what a decision is about, whether it counts, and that it is settled once."""

from __future__ import annotations

import json
from datetime import datetime

from handrail.domain.actions.approvals import (
    Approval,
    ApprovalStatus,
    Decision,
    DecisionInput,
    DecisionKind,
    HumanRequest,
    Identity,
    RequestKind,
    Yes,
)
from handrail.domain.base import digest
from handrail.domain.counting import many
from handrail.domain.errors import ApprovalRefused
from handrail.domain.team.commands import holds, same_name

MAX_EDIT = 16_000
"""Characters of JSON in an edit's arguments."""
BINDING = (DecisionKind.APPROVE, DecisionKind.EDIT)
"""What makes something happen counts only for exactly what was seen."""
SETTLED_AS: dict[DecisionKind, ApprovalStatus] = {
    DecisionKind.APPROVE: ApprovalStatus.APPROVED,
    DecisionKind.EDIT: ApprovalStatus.EDITED,
    DecisionKind.REJECT: ApprovalStatus.REJECTED,
    DecisionKind.ANSWER: ApprovalStatus.ANSWERED,
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
    """Find the approval that the decision names, and how often it was asked. A revision names exactly one."""
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
        count = many(len(still_open), "approval is", "approvals are") if still_open else "no approval is"
        raise ApprovalRefused(f"approval_id: is missing and {count} open. Open: {names}.")
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


def draft(approval: Approval, wanted: DecisionInput, now: datetime, via: str) -> Decision:
    """The decision as it would be taken, by whoever it says that it is. Call `find` first."""
    arguments = {**approval.request.arguments, **(wanted.arguments or {})}
    return Decision(
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


def settle(approval: Approval, decision: Decision, *, no_self_approval: bool = False) -> Approval:
    """Apply the decision to a copy of the approval: settled, or open with one more yes where others must agree.

    A yes that still needs others leaves the approval open. An edit counts as its editor's own approval only where one person
    is enough and may approve what they wrote; elsewhere it is `revised`, and what it says is asked anew. A reject settles.

    Raises:
        ApprovalRefused: the person proposed it, or has approved it already.
    """
    match decision.decision:
        case DecisionKind.APPROVE:
            yes = [*approval.yes, agree(approval, decision)]
            if missing(approval.request.wanted_roles, approval.request.quorum, yes):
                return approval.model_copy(update={"yes": yes})
            taken = decision.model_copy(update={"approvers": yes})
            return approval.model_copy(update={"status": ApprovalStatus.APPROVED, "yes": yes, "decision": taken})
        case DecisionKind.EDIT:
            own, request = [yes_of(decision)], approval.request
            others = missing(request.wanted_roles, request.quorum, own) or proposed(request, decision)
            enough = not (no_self_approval or others)
            taken = decision.model_copy(update={"approvers": own if enough else []})
            status = ApprovalStatus.EDITED if enough else ApprovalStatus.REVISED
            return approval.model_copy(update={"status": status, "decision": taken})
        case _:
            return approval.model_copy(update={"status": SETTLED_AS[decision.decision], "decision": decision})


def agree(approval: Approval, decision: Decision) -> Yes:
    """The yes that the decision is. Raises: ApprovalRefused: this person's does not count, or is there already."""
    request, yes = approval.request, yes_of(decision)
    if proposed(request, decision):
        raise ApprovalRefused(
            f"reviewer: {decision.reviewer} asked for this, and nobody approves what they proposed. "
            f"Somebody else with the role {' or '.join(request.wanted_roles)} has to. You may still reject it."
        )
    if any(same_person(one, yes) for one in approval.yes):
        raise ApprovalRefused(
            f"reviewer: {decision.reviewer} has approved this already ({progress(approval)}); it takes {request.quorum} "
            "different people. Somebody else has to approve it, under a name of their own."
        )
    return yes


def yes_of(decision: Decision) -> Yes:
    """The person behind the decision."""
    fields = decision.model_dump(include={"reviewer", "identity", "sender", "roles", "arguments_hash", "via"})
    return Yes(**fields, at=decision.decided_at)


def approvers(decision: Decision) -> list[Yes]:
    """List who stands behind a decision. A record from before there were approvers has its one reviewer."""
    return [yes_of(decision)] if decision.approvers is None else decision.approvers


def same_person(one: Yes, other: Yes) -> bool:
    """One name, or two names under one verified identity."""
    verified = one.identity is other.identity is Identity.VERIFIED
    return same_name(one.reviewer, other.reviewer) or (verified and bool(one.sender) and one.sender == other.sender)


def proposed(request: HumanRequest, decision: Decision) -> bool:
    """Return whether the person who decides is among those who asked for it."""
    names = [decision.reviewer, decision.sender] if decision.identity is Identity.VERIFIED else [decision.reviewer]
    return any(same_name(one, name) for one in request.proposed_by for name in names if name)


def missing(roles: list[str], quorum: int, yes: list[Yes]) -> list[str]:
    """List what is still needed, in words, beside these people. Each of `roles` must be held by one of them."""
    found = [f"{quorum - len(yes)} more of {quorum}"] if len(yes) < quorum else []
    # Roles were not recorded before reviewers had any: such a yes stands for what was asked of it.
    held = [role for one in yes for role in one.roles or roles]
    return found + [f"a {role}" for role in roles if not any(holds(one, role) for one in held)]


def progress(approval: Approval) -> str:
    """Describe an approval's progress: `1 of 2, by ann`; empty where one yes is enough and nobody has decided."""
    request, yes = approval.request, approval.yes
    if not yes:
        return f"0 of {request.quorum}" if request.quorum > 1 else ""
    roles = [words for words in missing(request.wanted_roles, request.quorum, yes) if words.startswith("a ")]
    needed = f"; still needed: {' and '.join(roles)}" if roles else ""
    return f"{len(yes)} of {max(request.quorum, len(yes))}, by {', '.join(one.reviewer for one in yes)}{needed}"

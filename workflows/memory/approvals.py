"""Approvals that a case has asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handrail.domain.actions.approvals import Approval, ApprovalStatus, HumanRequest, RequestKind, Yes
from handrail.domain.actions.proposals import SEND_REPLY
from workflows.memory.fields import CaseFields

SETTLED_KEPT = 10


class AskedApprovals(CaseFields):
    """Approvals of a case, each under a revision of its own."""

    @property
    def open_approvals(self) -> list[Approval]:
        """Approvals that wait for a decision."""
        return [one for one in self.approvals if one.status is ApprovalStatus.OPEN]

    def ask(self, request: HumanRequest, now: datetime, due_at: datetime | None = None, yes: Sequence[Yes] = ()) -> Approval:
        """Open an approval under a revision that no other of this case has had.

        What the agent wants to do after a person handed the case back counts as that person's own proposal, too.
        """
        self.revision += 1
        if request.kind is RequestKind.APPROVAL and request.action != SEND_REPLY:
            asked_for = dict.fromkeys([*request.proposed_by, *self.handed_back_by])
            request = request.model_copy(update={"proposed_by": list(asked_for)})
        approval = Approval(
            approval_id=request.request_id,
            case_id=self.row.case_id,
            revision=self.revision,
            request=request,
            opened_at=now,
            due_at=due_at or now + timedelta(minutes=request.expires_in_minutes),
            yes=list(yes),
        )
        approval = approval.model_copy(update={"update_names": list(approval.menu())})
        self.keep(approval)
        return approval

    def keep(self, approval: Approval) -> None:
        """Put in an approval, or what became of it."""
        others = [one for one in self.approvals if one.revision != approval.revision]
        settled = [one for one in others if one.status is not ApprovalStatus.OPEN][-SETTLED_KEPT:]
        self.approvals = [*settled, *(one for one in others if one.status is ApprovalStatus.OPEN), approval]
        self.unsaved_approvals = [*(one for one in self.unsaved_approvals if one != approval.revision), approval.revision]
        self.unsaved = True

    def ask_anew(self, now: datetime) -> None:
        """Something came up that nobody saw when asked: the same question under a new revision, within the same time."""
        for approval in self.open_approvals:
            self.keep(approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN}))
            self.ask(approval.request, now, due_at=approval.due_at)

    def ask_again(self, approval: Approval, now: datetime) -> Approval:
        """Ask the same question again, with whoever approved it so far, under names that nobody has clicked yet."""
        self.keep(approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN}))
        return self.ask(approval.request, now, due_at=approval.due_at, yes=approval.yes)

    def drop_approvals(self, status: ApprovalStatus) -> None:
        """Close the open approvals undecided: expired or withdrawn, never granted."""
        for approval in self.open_approvals:
            self.keep(approval.model_copy(update={"status": status}))

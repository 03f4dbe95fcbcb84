"""`If-Match` on decisions: who decides says which approval and revision they saw."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Header

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.errors import HandrailError

IfMatch = Annotated[
    str | None, Header(description='the ETag of the approval as it was seen: "APPROVAL.REVISION"', max_length=200)
]


class MatchMissing(HandrailError):
    """The header is not there, or is no ETag of an approval."""


class MatchFailed(HandrailError):
    """The approval is not as it was seen."""


class UnknownApproval(HandrailError):
    """The case has no such approval."""


def etag(approval: Approval) -> str:
    """Return the tag of an approval in its revision."""
    return f'"{approval.approval_id}.{approval.revision}"'


def revision_of(if_match: str | None, approval_id: str) -> int:
    """Return the revision that was seen.

    Raises:
        MatchMissing: nobody says which.
        MatchFailed: it is another approval's.
    """
    named, _, revision = (if_match or "").strip().strip('"').rpartition(".")
    if not named or not revision.isdecimal() or len(revision) > 9:
        raise MatchMissing(f'If-Match: send the approval\'s ETag, such as "{approval_id}.1": it says what you saw.')
    if named != approval_id:
        raise MatchFailed(f"If-Match: names {named[:60]!r}, the address {approval_id[:60]!r}. Read the approval again.")
    return int(revision)


def checked(approvals: list[Approval], approval_id: str, revision: int) -> Approval:
    """Return the approval, open and as it was seen.

    Raises:
        UnknownApproval: the case has none of this id.
        MatchFailed: it was decided, or is asked anew; says by whom, and when.
    """
    kin = [one for one in approvals if one.approval_id == approval_id]
    if not kin:
        raise UnknownApproval(
            f"approval: the case has no approval {approval_id[:60]!r}. GET the case shows those that it has."
        )
    newest = max(kin, key=lambda one: one.revision)
    if newest.status is not ApprovalStatus.OPEN:
        raise MatchFailed(f"approval: was {newest.status}{_by(newest)}. Read the case again.")
    if newest.revision != revision:
        raise MatchFailed(f"approval: is asked as revision {newest.revision} by now, you saw {revision}. Read it again.")
    return newest


def _by(approval: Approval) -> str:
    decision = approval.decision
    if decision is None:
        return ""
    minutes = int((datetime.now(UTC) - decision.decided_at).total_seconds() // 60)
    return f" by {decision.reviewer or 'somebody'} {f'{minutes} min ago' if minutes else 'just now'}"

"""A case as it is to be opened, over whichever connection: checked, without secrets, and what its workflow is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from handrail.domain.base import digest
from handrail.domain.case.messages import IncomingMessage, check_identifier, check_message
from handrail.domain.case.requests import CaseOpen, CaseStatus, Receipt

if TYPE_CHECKING:
    from handrail.redaction.values import Redaction

WORKFLOW = "case"
CONTENT, CUSTOMER = "content", "customer"
"""Names in the memo of a case: the digest of what opened it, and whose it is."""

CASE_STATUS = SearchAttributeKey.for_keyword("CaseStatus")
AT_FIRST = TypedSearchAttributes([SearchAttributePair(CASE_STATUS, CaseStatus.WORKING.value)])
"""Not the tier: its upsert is the first task's command, without which `from_its_beginning` cannot tell."""


def wanted(
    redaction: Redaction, case_id: str, customer_id: str, text: str, *, message_id: str | None, channel: str
) -> CaseOpen:
    """Return the case to be opened, without its secrets. Raises: InvalidInput: an id or the text cannot be taken."""
    return redaction.of(
        CaseOpen(
            case_id=check_identifier("case_id", case_id),
            customer_id=check_identifier("customer_id", customer_id),
            message=check_message(IncomingMessage(message_id=message_id or f"open-{digest(case_id)[:32]}", text=text)),
            channel=check_identifier("channel", channel),
        )
    )


def memo_of(case: CaseOpen) -> dict[str, str]:
    """Return what the workflow's memo says of the case."""
    return {CONTENT: case.content_digest(), CUSTOMER: case.customer_id}


def summary_of(case: CaseOpen) -> str:
    """Return the line by which the Temporal Web UI shows the case."""
    return f"Case {case.case_id}"


def opened(case: CaseOpen) -> Receipt:
    """Return the receipt of a case that was opened just now."""
    return Receipt(case_id=case.case_id, status=CaseStatus.WORKING, turn=1, message_id=case.message.message_id)

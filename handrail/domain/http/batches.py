"""Bodies of the HTTP API for approvals that are given several at once."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from handrail.domain.actions.approvals import ApprovalStatus
from handrail.domain.base import Stored
from handrail.domain.case.messages import MAX_NAME
from handrail.domain.http.bodies import IDENTIFIER, HttpBody
from handrail.domain.policy.batching import FEWEST

MOST = 50
"""Items of one call; a policy's own ceiling is lower."""


class BatchItem(HttpBody):
    """One approval, exactly as it was seen: `etag` is what looking at it gave."""

    case_id: str = Field(pattern=IDENTIFIER, max_length=MAX_NAME)
    approval_id: str = Field(pattern=IDENTIFIER, max_length=MAX_NAME)
    etag: str = Field(max_length=200, description='the ETag of the approval as it was seen: "APPROVAL.REVISION"')


class BatchBody(HttpBody):
    """Approvals of one tool that are given together, with one note for all."""

    items: list[BatchItem] = Field(min_length=FEWEST, max_length=MOST)
    note: str | None = Field(default=None, max_length=2_000)


class BatchItemResult(Stored):
    """The outcome of one: the approval's `status`, or the `code` of the problem with its sentence in `detail`."""

    case_id: str
    approval_id: str
    revision: int
    status: ApprovalStatus | None = None
    code: str | None = None
    detail: str | None = None


class BatchResult(Stored):
    """The outcome of each, in the order in which they were sent; `refused` counts those that were not taken."""

    batch_id: str
    action: str
    amount: Decimal
    unit: str
    taken: int
    refused: int
    items: list[BatchItemResult]

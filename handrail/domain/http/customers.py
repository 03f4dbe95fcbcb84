"""Bodies of the HTTP API about customers who are one person."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handrail.domain.http.bodies import IDENTIFIER, HttpBody
from handrail.domain.team.commands import MAX_REASON

REASON: Any = Field(min_length=1, max_length=MAX_REASON, description="why; stays with it, and in the audit of their cases")


class MergeBody(HttpBody):
    """Say that the customer of the path is the same person as another."""

    into: str = Field(pattern=IDENTIFIER, description="the customer's other id; both stay as they are")
    reason: str = REASON


class UndoMergeBody(HttpBody):
    """Say that the customer of the path is not the person that they were merged into."""

    reason: str = REASON

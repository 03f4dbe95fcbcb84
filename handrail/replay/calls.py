"""Recorded calls of an existing agent, as its log has them, and the words for what is ruled on them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.actions.proposals import Ruling
from handrail.domain.base import Stored


class ReplayRuling(StrEnum):
    """The ruling on a recorded call; the order is from lenient to strict.

    `refused`: the business says no before any policy is asked. `failed`: its own code does not work on this call.
    """

    ALLOW = "allow"
    CONFIRM = "confirm"
    APPROVE = "approve"
    BLOCK = "block"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """0 (allow) to 3 (block, and all that stops a call likewise)."""
        return min(list(ReplayRuling).index(self), 3)

    @classmethod
    def of(cls, ruling: Ruling) -> ReplayRuling:
        """The word for a ruling of the policies."""
        return cls.APPROVE if ruling is Ruling.REQUIRE_APPROVAL else cls(ruling.value)


EXPECTED = {
    **{one.value: one for one in ReplayRuling if one is not ReplayRuling.FAILED},
    Ruling.REQUIRE_APPROVAL.value: ReplayRuling.APPROVE,
}
"""The words that `expected` takes."""


class RecordedCall(Stored):
    """One line of a log. `approved_by` and `confirmed` say what people and the customer did then."""

    line: int
    at: datetime
    customer: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    expected: ReplayRuling | None = None
    case: str | None = None
    topic: str | None = None
    said: str | None = None
    confirmed: bool = False
    approved_by: list[str] = Field(default_factory=list)
    facts: dict[str, Any] = Field(default_factory=dict)
    call_id: str | None = None

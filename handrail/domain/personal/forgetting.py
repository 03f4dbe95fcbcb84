"""The proof that a customer was forgotten, holds that forbid it, and the refusals of both."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.requests import CaseStatus
from handrail.domain.errors import Refused

OPEN = frozenset({CaseStatus.WORKING, CaseStatus.AWAITING_CUSTOMER, CaseStatus.AWAITING_APPROVAL, CaseStatus.WITH_HUMAN})
"""Statuses in which somebody waits for something: such a case is closed only where that was asked for."""


class HeldBack(Refused):
    """A legal hold forbids to forget the customer."""


class StillOpen(Refused):
    """Cases of the customer are not over."""


class NotGone(Refused):
    """Something is still there, or came meanwhile; the same command goes on from here."""


class TheirCase(Stored):
    """A case of a customer."""

    case_id: str
    customer_id: str
    status: CaseStatus


class LegalHold(Stored):
    """A hold: the customer must not be forgotten until somebody clears it."""

    customer_id: str
    reason: str
    set_by: str
    set_at: datetime


class Remainder(Stored):
    """A place in which something stays, why, and until when where that is known."""

    place: str
    until: datetime | None = None
    words: str


class ForgetProof(Stored):
    """The proof of a forgetting: numbers by place. Nothing in it leads back to the customer.

    `customers` is how many ids the person had. `nothing_left`: nothing was there any more.
    """

    forget_id: str
    asked_by: str
    at: datetime
    ended_at: datetime
    customers: int = 1
    cases: int = 0
    counts: dict[str, int] = Field(default_factory=dict)
    remains: list[Remainder] = Field(default_factory=list)

    @property
    def nothing_left(self) -> bool:
        """True if nothing was found to forget."""
        return not self.counts and not self.cases

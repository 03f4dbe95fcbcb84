"""The request that opens a case, its receipt and the status that a client sees."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Model, Stored, digest
from handrail.domain.case.messages import IncomingMessage


class CaseStatus(StrEnum):
    """The status of a case; also the value of the search attribute of the same name."""

    WORKING = "Working"
    AWAITING_CUSTOMER = "AwaitingCustomer"
    AWAITING_APPROVAL = "AwaitingApproval"
    WITH_HUMAN = "WithHuman"
    RESOLVED = "Resolved"
    CLOSED = "Closed"


class CaseOpen(Model):
    """A backend's request to open a case: the workflow's input, plain JSON."""

    case_id: str
    customer_id: str
    message: IncomingMessage
    channel: str = "api"

    def content_digest(self) -> str:
        """The same for the same content: a second open with another digest is a conflict."""
        return digest(self.model_dump(mode="json"))


class Receipt(Stored):
    """The answer to `open`, `send_message`, `claim`, `release`, `recuse`, `reply`, `hand_back` and `resolve`."""

    case_id: str
    status: str
    turn: int
    message_id: str | None = None
    duplicate: bool = False
    notice: str | None = Field(default=None, description="why a person gets it, where it came in a form of its own")

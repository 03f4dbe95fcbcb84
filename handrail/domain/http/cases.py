"""Bodies of the HTTP API about cases: shared by the server and the typed client."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import ANSWERS, MAX_CHARACTERS, MAX_NAME, Author, Message
from handrail.domain.http.bodies import IDENTIFIER, HttpBody


class WaitsFor(StrEnum):
    """The one that a case waits for; nobody, where it is over."""

    AGENT = "agent"
    CUSTOMER = "customer"
    APPROVAL = "approval"
    PERSON = "person"
    NOBODY = "nobody"


WAITS = {
    CaseStatus.WORKING: WaitsFor.AGENT,
    CaseStatus.AWAITING_CUSTOMER: WaitsFor.CUSTOMER,
    CaseStatus.AWAITING_APPROVAL: WaitsFor.APPROVAL,
    CaseStatus.WITH_HUMAN: WaitsFor.PERSON,
    CaseStatus.RESOLVED: WaitsFor.NOBODY,
    CaseStatus.CLOSED: WaitsFor.NOBODY,
}


CHANNEL: Any = Field(default="api", pattern=IDENTIFIER, description="the way by which the message came")
ADDRESS: Any = Field(
    default=None,
    min_length=1,
    max_length=500,
    pattern=r"^[^\x00-\x1f\x7f]+$",
    description="where the channel brings replies; their events carry it. Without one the customer reads where they wrote",
)


class NewCase(HttpBody):
    """A customer's first message. A customer's own token leaves `customer_id` out: the token says who they are."""

    text: str = Field(min_length=1, max_length=4 * MAX_CHARACTERS, description="the customer's words")
    customer_id: str | None = Field(default=None, pattern=IDENTIFIER)
    case_id: str | None = Field(
        default=None, pattern=IDENTIFIER, description="by default derived from the caller and the idempotency key"
    )
    message_id: str | None = Field(default=None, pattern=IDENTIFIER, description="by default the Idempotency-Key")
    channel: str = CHANNEL
    address: str | None = ADDRESS


class NewMessage(HttpBody):
    """Another message of the customer's; what is said to them next goes out by its channel."""

    text: str = Field(min_length=1, max_length=4 * MAX_CHARACTERS)
    message_id: str | None = Field(default=None, pattern=IDENTIFIER, description="by default the Idempotency-Key")
    channel: str = CHANNEL
    address: str | None = ADDRESS
    answers: str | None = Field(default=None, pattern=IDENTIFIER, description=ANSWERS)


class MessageEdit(HttpBody):
    """The words of a message since its customer edited it."""

    text: str = Field(min_length=1, max_length=4 * MAX_CHARACTERS, description="all that it says now")
    edited_at: AwareDatetime | None = Field(
        default=None, description="when, by the channel's clock: of two edits the later stands, whichever comes first"
    )


class HumanQuestion(Stored):
    """A question that the human behind an agent answers, on the page at `link`: the agent hands it on, its own yes is none."""

    link: str
    effects: list[str] = Field(description="what would be done, a line for each effect, in the house's own words")
    due_at: datetime


class CustomersQuestion(Stored):
    """A question that the customer is asked before effects: a line of each, to be answered with a clear yes or no."""

    question_id: str
    lines: list[str]
    due_at: datetime

    @classmethod
    def open_in(cls, view: CaseView) -> CustomersQuestion | None:
        """Return the question that waits for its answer; None where there is none."""
        newest = view.asked[-1].question_id if view.asked else ""
        asked = [one for one in view.asked if one.question_id == newest]
        if view.status is not CaseStatus.AWAITING_CUSTOMER or any(one.answers for one in asked) or not asked:
            return None
        return cls(question_id=newest, lines=[one.line for one in asked], due_at=asked[0].due_at)


class CaseSummary(Stored):
    """A case in short. `reply` is the newest answer to the customer; none yet where it is null.

    `asks` is what the customer is asked to confirm now; lists of cases leave it out.
    """

    case_id: str
    customer_id: str | None = Field(default=None, description="null until the case is recorded")
    status: CaseStatus
    waits_for: WaitsFor
    turn: int = 1
    topic: str | None = None
    reply: str | None = None
    language: str | None = None
    asks: CustomersQuestion | None = None
    assignee: str | None = None
    queue: str | None = None
    due_at: datetime | None = None
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    question: HumanQuestion | None = Field(default=None, description="of a case that an agent speaks for alone")

    @classmethod
    def of(cls, view: CaseView) -> CaseSummary:
        """Sum up the case."""
        about = {"waits_for": WAITS[view.status], "asks": CustomersQuestion.open_in(view)}
        return cls.model_validate({**view.model_dump(include=set(cls.model_fields)), **about})

    @classmethod
    def for_customer(cls, view: CaseView) -> CaseSummary:
        """Sum up the case for its customer: who works on it, where and until when, stays in the house."""
        return cls.of(view).model_copy(update=dict.fromkeys(INNER))


INNER = ("assignee", "queue", "due_at")
"""Fields of a summary that are null for the case's own customer."""


class CaseDetails(CaseView):
    """A case whole, for the backend and for people: with approvals, effects and what the customer was asked."""

    waits_for: WaitsFor = WaitsFor.AGENT

    @classmethod
    def of(cls, view: CaseView) -> CaseDetails:
        """The case with whom it waits for."""
        return cls.model_validate({**dict(view), "waits_for": WAITS[view.status]})


class CaseList(Stored):
    """A page of cases, the last opened first. Pass `next_cursor` on to get the next; it is null on the last."""

    cases: list[CaseSummary]
    next_cursor: str | None = None


class CustomersMessage(Stored):
    """A message as the customer may read it: people by their part, not by name.

    `approved`: a person approved these words of the assistant's. Of a message that the customer edited, what it says now is a
    message of its own, which `corrects` it; of one that they withdrew nothing is left but that it was there.
    """

    message_id: str
    author: Author
    text: str
    at: datetime
    turn: int
    approved: bool = False
    corrects: str | None = Field(default=None, description="the id of the customer's message that these words correct")
    edited_at: datetime | None = Field(default=None, description="since when other words of the customer's stand for it")
    withdrawn_at: datetime | None = Field(default=None, description="since when it is withdrawn; then `text` is empty")

    @classmethod
    def of(cls, message: Message) -> CustomersMessage:
        """The message without who wrote it for the house, and without words that were withdrawn."""
        told = message.model_dump(include=set(cls.model_fields))
        return cls.model_validate({**told, "text": ""} if message.withdrawn_at else told)


class CaseTranscript(Stored):
    """The messages of a case, oldest first."""

    case_id: str
    messages: list[CustomersMessage]


class TokenRequest(HttpBody):
    """A token for one customer, minted by the backend that knows them."""

    customer_id: str = Field(pattern=IDENTIFIER, max_length=MAX_NAME)
    minutes: int = Field(default=15, ge=1, le=120, strict=True)


class CustomerToken(Stored):
    """A short-lived token with which a customer's own browser calls."""

    token: str
    customer_id: str
    expires_at: datetime

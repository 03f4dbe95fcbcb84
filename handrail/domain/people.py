"""What people send to a case that is with them."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.messages import MAX_CHARACTERS
from handrail.domain.model import Model, Stored


class Claim(Model):
    """The `claim` update: this person takes the case."""

    reviewer: str = Field(min_length=1, max_length=120)


class PersonReply(Model):
    """The `reply` update: a person answers the customer. The same `message_id` is taken once."""

    reviewer: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    message_id: str | None = None


class HandBack(Model):
    """The `hand_back` update: the agent goes on; `note` says what the person found out or did."""

    reviewer: str = Field(min_length=1, max_length=120)
    note: str = Field(min_length=1, max_length=2_000)


class Resolve(Model):
    """The `resolve` update: the person ends the case, with a last reply or without."""

    reviewer: str = Field(min_length=1, max_length=120)
    note: str | None = Field(default=None, max_length=2_000)
    reply: str | None = Field(default=None, max_length=MAX_CHARACTERS)


class Receipt(Stored):
    """The answer to `send_message`, `claim`, `reply`, `hand_back` and `resolve`."""

    case_id: str
    status: str
    turn: int
    message_id: str | None = None
    duplicate: bool = False

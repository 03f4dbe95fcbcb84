"""Confirmations: what the customer was asked before an effect, what they answered, and what exactly a yes covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.actions.proposals import Confirming, Proposal, RuleHit
from handrail.domain.base import Stored, digest
from handrail.domain.case.messages import Author, Message

CONFIRM_MINUTES = 24 * 60
UNCLEAR = "customer_unsure"
"""The reason why a person gets a case whose customer does not answer clearly, or takes a yes back."""
UNCONFIRMED = "not_confirmed"
"""Under this name the agent reads that the customer did not say yes to a call."""
SAID_NO = "The customer said no to this. It was not done. Do not propose it again."
MOST_ASKED = 2
"""A question that was not answered clearly is asked once more, then a person takes over."""


class Asking(Stored):
    """One effect that the customer is asked about.

    They read the `line` of it, made of the tool's preview, and behind it when exactly this was done before, if it was.
    """

    proposal: Proposal
    line: str
    before: str = ""

    @property
    def words(self) -> str:
        """All that the customer reads of it."""
        return f"{self.line} {self.before}".strip()


class Confirmation(Stored):
    """A question to the customer that waits for a yes; `words` is all of the message that asked it.

    Only messages behind the place `after` in the transcript, up to `due_at`, answer it. `unanswered` is what the customer
    reads where none came.
    """

    question_id: str
    topic: str
    language: str
    asked: list[Asking]
    words: str
    unanswered: str
    asked_at: datetime
    due_at: datetime
    message_id: str = Field(default="", description="the message that asked it")
    after: int = 0
    times: int = Field(default=1, description="how often it was asked")
    by_page: bool = Field(default=False, description="an agent was asked: only its human's answer on the page counts")

    @property
    def about(self) -> str:
        """The hash of exactly what is asked: another effect, or one with other arguments, has another."""
        return asked_hash((one.proposal.proposal_id, one.proposal.arguments_hash) for one in self.asked)

    @property
    def lines(self) -> list[str]:
        """The lines that the customer reads, one of each effect."""
        return [one.line for one in self.asked]


class CustomerYes(Stored):
    """A customer's yes to exactly these arguments of a proposal, with the message that says it."""

    proposal_id: str
    action: str
    arguments_hash: str
    message_id: str
    at: datetime


class AnswerKind(StrEnum):
    """The answer to a question: a clear yes, a no, one that has to be asked again, other words, or one that came too late."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNSURE = "unsure"
    SET_ASIDE = "set_aside"
    EXPIRED = "expired"


class Undoing(StrEnum):
    """A way to undo a yes while it is acted on: taking it back or doubting it, or wanting it otherwise."""

    TAKEN_BACK = "taken_back"
    CORRECTED = "corrected"


def asked_hash(effects: Iterable[tuple[str, str]]) -> str:
    """The hash of a question's effects, each by its proposal's id and the hash of its arguments."""
    return digest(sorted(effects))


def customers(messages: Sequence[Message]) -> list[Message]:
    """The messages that the customer wrote."""
    return [one for one in messages if one.author is Author.CUSTOMER]


def answering(waiting: Confirmation, incoming: Sequence[Message]) -> Message:
    """The message that answers: the one from the question's page where there is one, else the customer's newest."""
    said = customers(incoming)
    return next((one for one in said if waiting.by_page and one.answer and one.answer.asked == waiting.about), said[-1])


def yes_to(waiting: Confirmation, incoming: Sequence[Message]) -> list[CustomerYes]:
    """The yes to each effect that was asked about, as the answering message says it."""
    said = answering(waiting, incoming)
    return [
        CustomerYes(
            proposal_id=one.proposal.proposal_id,
            action=one.proposal.action,
            arguments_hash=one.proposal.arguments_hash,
            message_id=said.message_id,
            at=said.at,
        )
        for one in waiting.asked
    ]


def confirmed(given: Iterable[CustomerYes], proposal: Proposal) -> CustomerYes | None:
    """The customer's yes to exactly this action with exactly these arguments."""
    about = (proposal.proposal_id, proposal.action, proposal.arguments_hash)
    return next((one for one in given if (one.proposal_id, one.action, one.arguments_hash) == about), None)


def minutes_of(hits: Iterable[RuleHit]) -> int:
    """The shortest time that the rules give for an answer."""
    return min((hit.confirm_minutes for hit in hits if hit.confirm and hit.confirm_minutes), default=CONFIRM_MINUTES)


def always(hits: Iterable[RuleHit]) -> bool:
    """Return whether a rule wants the question, however exactly the customer asked."""
    return any(hit.confirm is Confirming.ALWAYS for hit in hits)

"""Answers that are kept under an idempotency key: what arrives twice counts once, and is answered as the first time."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.base import Stored
from handrail.domain.case.starts import CaseStart
from handrail.domain.errors import HandrailError


class ClaimState(StrEnum):
    """The state of an idempotency key: ours, another's who is at it, answered, or another request's.

    One whose answer is not kept any more may name a case that `stands`.
    """

    OURS = "ours"
    IN_FLIGHT = "in_flight"
    ANSWERED = "answered"
    OTHER = "other"
    STANDS = "stands"


class GivenAnswer(Stored):
    """An answer as it left the house, to be given again byte for byte."""

    status: int
    headers: dict[str, str]
    body: bytes


class ClaimedAnswer(Stored):
    """A look at an idempotency key.

    `claim` where it is ours to work on, `answer` where it was answered, seconds left where it is in flight, and the digest of
    the case's `content` where that stands.
    """

    state: ClaimState
    claim: str = ""
    answer: GivenAnswer | None = None
    seconds_left: float = 0.0
    content: str = ""


class PromisedAnswer(Stored):
    """An answer that promises a case, and the start of that case, which are kept together or not at all.

    `address` is where its replies go, None where the customer reads them where they wrote.
    """

    answer: GivenAnswer
    start: CaseStart
    address: str | None = None


class KeyMissing(HandrailError):
    """A request that must count once came without a key."""


class KeyReused(HandrailError):
    """The idempotency key stands for another request."""


class RequestInFlight(HandrailError):
    """The same request is being worked on; `seconds` says when to ask again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds

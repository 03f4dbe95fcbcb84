"""Answers that are kept under an idempotency key: what arrives twice counts once, and is answered as the first time."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError


class ClaimState(StrEnum):
    """The state of an idempotency key: ours to work on, another's who is at it, answered, or another request's."""

    OURS = "ours"
    IN_FLIGHT = "in_flight"
    ANSWERED = "answered"
    OTHER = "other"


class GivenAnswer(Stored):
    """An answer as it left the house, to be given again byte for byte."""

    status: int
    headers: dict[str, str]
    body: bytes


class ClaimedAnswer(Stored):
    """A look at an idempotency key: `claim` where it is ours, `answer` where it was answered, seconds left where in flight."""

    state: ClaimState
    claim: str = ""
    answer: GivenAnswer | None = None
    seconds_left: float = 0.0


class KeyMissing(HandrailError):
    """A request that must count once came without a key."""


class KeyReused(HandrailError):
    """The idempotency key stands for another request."""


class RequestInFlight(HandrailError):
    """The same request is being worked on; `seconds` says when to ask again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds

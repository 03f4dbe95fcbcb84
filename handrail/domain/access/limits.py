"""Limits of callers: how often one may call, and the word to whoever calls more often."""

from __future__ import annotations

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError


class CallLimit(Stored):
    """So many calls in so many seconds, for each caller of its kind."""

    name: str
    calls: int
    seconds: int


class RateLimited(HandrailError):
    """The caller has used up what is allowed; `seconds` says when to try again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds

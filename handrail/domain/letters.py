"""Letters: mail of the house that is no reply in a case. It is made when it leaves, of what is so then."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from handrail.domain.base import Stored


class LetterKind(StrEnum):
    """The kinds of letters: what waits for a person, and the transcript of a case for its customer."""

    WAITING = "waiting"
    TRANSCRIPT = "transcript"


class LetterState(StrEnum):
    """The state of a letter: on its way, or how that ended; `dropped` where nothing was left to say."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class HouseLetter(Stored):
    """A letter on its way. `recipient` is a person's name, or a customer's id; `attempts` counts this one."""

    letter_id: str
    kind: LetterKind
    recipient: str
    address: str
    language: str
    case_id: str | None = None
    attempts: int = 0
    noted_at: datetime

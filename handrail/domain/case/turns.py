"""One run of a case's graph, as its journal knows it: which turn it is, which attempt, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError


class TurnKey(Stored):
    """An attempt at a turn: `token` names the turn, `asked_at` is when the case asked for it.

    `attempt` is 1 for the first, and higher for one that comes later.
    """

    token: str
    asked_at: datetime
    attempt: int = 1


class TurnEnded(Stored):
    """The end of a turn, committed with everything that the turn says; `result` is what the case is told of it, as JSON."""

    key: TurnKey
    result: dict[str, Any]


class JournalEntry(Stored):
    """The journal of an earlier attempt: the state behind its last answered `node`, or the `result` it ended with, as JSON."""

    node: str | None = None
    state: dict[str, Any] | None = None
    result: dict[str, Any] | None = None


class TurnSuperseded(HandrailError):
    """Another attempt, or a later turn of the same case, has written meanwhile: this one must not go on."""


class TurnHalted(HandrailError):
    """The customer edited or withdrew words that the turn goes by: it makes no effect any more."""

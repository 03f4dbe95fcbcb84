"""Cases that were answered for and have yet to begin: what the outbox of the front door keeps until the record has them."""

from __future__ import annotations

from datetime import datetime

from handrail.domain.base import Stored
from handrail.domain.case.requests import CaseOpen
from handrail.domain.errors import CaseConflict


class CaseStart(Stored):
    """A case as it is to be opened, without its secrets; `identity` is in whose name, as histories tell it."""

    case: CaseOpen
    identity: str


class KeptStart(CaseStart):
    """A start as it is kept: since when, and whether Temporal was seen to take it."""

    kept_at: datetime
    begun: bool


class WithdrawnStart(Stored):
    """A start that nobody makes any more, but one who had taken it up: for so many seconds yet."""

    case_id: str
    seconds_left: float


def other_content(case_id: str) -> CaseConflict:
    """Return the refusal of a case whose id stands with other content."""
    return CaseConflict(
        f"case_id: {case_id} stands with other content. Use another id for a new case, or `say` to add a message to this one."
    )

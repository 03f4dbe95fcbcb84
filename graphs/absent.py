"""Facts that cannot be read: they are left out, and said to be."""

from __future__ import annotations

import logging
from typing import Any

from handrail.domain.case.cases import CaseRow
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import HandrailError, record_is_away
from handrail.ports import Customers

FACTS_UNAVAILABLE = "facts_unavailable"
_log = logging.getLogger(__name__)


async def known_of(customers: Customers, row: CaseRow) -> tuple[dict[str, Any], list[str]]:
    """Return what the business tells of the customer, and what to say where it cannot be read."""
    try:
        return await customers.facts(row.customer_id), []
    except Exception as error:
        if record_is_away(error):
            raise
        _log.exception("nothing can be read about the customer of %s", row.case_id)
        return {}, [failure(error)]


def failure(error: BaseException) -> str:
    """The error for people: its own words, where they are written for them."""
    return str(error) if isinstance(error, HandrailError) else f"A part of the business failed ({type(error).__name__})."


def unread(words: str) -> Escalation:
    """The reason for which a person gets a case about which too little can be read."""
    return Escalation(reason=FACTS_UNAVAILABLE, words=f"{words} The agent decides nothing without it.")

"""Cursors of pages: opaque to callers, they name the last case that was seen."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from handrail.domain.case.cases import CaseView
from handrail.domain.errors import InvalidInput
from handrail.domain.http.paging import CasePage


def next_cursor(page: CasePage) -> str | None:
    """Return the cursor of the next page, None on the last one."""
    return cursor_of(page.cases[-1]) if page.more and page.cases else None


def cursor_of(case: CaseView) -> str:
    """Return the cursor behind a case: opaque to callers."""
    return packed(case.opened_at, case.case_id)


def packed(moment: datetime, case_id: str) -> str:
    """Return the cursor behind what was of this moment and case."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), case_id]).encode()).decode().rstrip("=")


def behind(cursor: str) -> tuple[datetime, str]:
    """Read a cursor.

    Raises:
        InvalidInput: it is none of ours.
    """
    try:
        opened, case_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(opened)
        if moment.tzinfo is None or not isinstance(case_id, str):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidInput("cursor: is none of ours. Pass on `next_cursor` of the page before, or leave it out.") from error
    return moment, case_id

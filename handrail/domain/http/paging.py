"""Pages of cases: a cursor names the last case that was seen, so what is opened meanwhile moves nothing."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseStatus, CaseView

DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class CasesWanted(Stored):
    """The cases that a page is of: every filter that is given holds. `before` is the last case of the page before, `reader`
    a person for whom it is: cases that they said they should not decide are not in it. With `kin` the cases of all ids of the
    customer are meant, else those of `customer_id` alone.
    """

    status: CaseStatus | None = None
    topic: str | None = None
    customer_id: str | None = None
    reader: str | None = None
    kin: bool = False
    before: tuple[datetime, str] | None = None
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class CasePage(Stored):
    """Cases, the last opened first. `more` tells that others come behind them."""

    cases: list[CaseView]
    more: bool = False

"""The destination of a case that leaves the agent: by the matrix, to the next in line, or back to who handed it back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphs.absent import known_of
from graphs.handover.stake import at_stake
from graphs.views import EndView
from handrail.domain.case.cases import CaseRow, Tier
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import NO_ANSWER, SOMEBODY, Route
from handrail.ports import Customers, Matrix

_log = logging.getLogger(__name__)


async def destination(
    view: EndView, why: Escalation, matrix: Matrix, customers: Customers, now: datetime
) -> tuple[Route, list[str]]:
    """The route, never to a lower tier than the case has; and what could not be read for it, which is left out."""
    before = view.handoff.route if view.handoff else None
    if why.reason == NO_ANSWER and before and before.then is not None:
        return before.passed_on() or before, []
    known, absent = await known_of(customers, view.row)
    route, problems = routed(view, why, matrix, known, now)
    if why.reason in view.returned and before and before.tier >= route.tier:
        return before, [*absent, *problems]
    return never_down(view.row, why, route), [*absent, *problems]


def routed(view: EndView, why: Escalation, matrix: Matrix, known: Mapping[str, Any], now: datetime) -> tuple[Route, list[str]]:
    """The matrix's route; where it fails, the one of its last row, and what is to be said."""
    row = view.row
    try:
        return matrix.route(
            reason=why.reason,
            topic=row.topic or "",
            risk=row.risk or "low",
            language=row.language or "en",
            amounts=at_stake(view),
            customer=known,
            at=now,
        ), []
    except Exception as error:  # noqa: BLE001 - whatever a matrix does, the customer's case reaches a person
        _log.exception("%s cannot be routed", row.case_id)
        words = f"The matrix could not be asked ({type(error).__name__}): the case went where everything else goes."
        return last_resort(matrix), [words]


def last_resort(matrix: Matrix) -> Route:
    """Return the route of a case that cannot be routed."""
    try:
        return matrix.fallback()
    except Exception:  # noqa: BLE001
        _log.exception("the matrix has no last row")
        return SOMEBODY


def never_down(row: CaseRow, why: Escalation, route: Route) -> Route:
    """The matrix's route, but never to a lower tier than the case has; where nobody answered, to a higher one."""
    least = min(int(row.tier) + (why.reason == NO_ANSWER), int(Tier.SPECIALIST))
    if route.tier >= least:
        return route
    kept = row.queue or route.queue
    return route.model_copy(update={"tier": least, "queue": kept if int(row.tier) > route.tier else route.queue})


def come_back(view: EndView, why: Escalation) -> tuple[Escalation, str | None]:
    """The reason, and who gets the case: whoever handed it back for the same reason. They learn that it came back."""
    who = view.returned.get(why.reason)
    if who is None:
        return why, None
    note = f" with the note “{view.person.note}”" if view.person else ""
    words = f"It came back: {who} had handed it to the agent{note}, and the agent stops for the same reason again. {why.words}"
    return why.model_copy(update={"words": words}), who

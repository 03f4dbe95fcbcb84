"""Where a case goes that leaves the agent: by the matrix, to whoever is next in line, or back to whoever handed it back."""

from __future__ import annotations

from datetime import datetime

from graphs.stake import at_stake
from graphs.views import EndView
from handrail.domain.cases import CaseRow, Tier
from handrail.domain.handoffs import Escalation
from handrail.domain.routes import NO_ANSWER, Route
from handrail.ports import Customers, Matrix


async def destination(view: EndView, why: Escalation, matrix: Matrix, customers: Customers, now: datetime) -> Route:
    """The route; never to a lower tier than the case has. What the business cannot tell of a customer is left out."""
    before = view.handoff.route if view.handoff else None
    if why.reason == NO_ANSWER and before and before.then is not None:
        return before.passed_on() or before
    row = view.row
    route = matrix.route(
        reason=why.reason,
        topic=row.topic or "",
        risk=row.risk or "low",
        language=row.language or "en",
        amounts=at_stake(view),
        customer=await customers.facts(row.customer_id),
        at=now,
    )
    if why.reason in view.returned and before and before.tier >= route.tier:
        return before
    return never_down(row, why, route)


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

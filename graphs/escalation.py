"""The node that gives a case to people: routed, with its packet, and the customer told what happens now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphs import waiting
from graphs.handoff import packet
from graphs.outcomes import end, said
from graphs.passing import come_back, destination
from graphs.views import EndView
from handrail.domain.cases import CaseRow, CaseStatus, Tier
from handrail.domain.handoffs import Escalation
from handrail.domain.messages import Author
from handrail.domain.people import NOBODY
from handrail.domain.routes import NO_ANSWER, Route
from handrail.domain.staff import Need
from handrail.ports import Cases, Clock, Customers, Matrix, Staff


class Escalate:
    """A person receives the case; the customer is told what happens now."""

    def __init__(self, cases: Cases, matrix: Matrix, staff: Staff, customers: Customers, clock: Clock) -> None:
        self._cases = cases
        self._matrix = matrix
        self._staff = staff
        self._customers = customers
        self._clock = clock

    async def escalate(self, state: EndView) -> dict[str, Any]:
        """Build the packet, route it, commit. What was done is the ledger's word, whatever the turn knows."""
        view = EndView.model_validate(state)
        now = self._clock.now()
        why = view.escalation or Escalation(reason="cancelled", words="The case left the agent.")
        view = view.model_copy(update={"effects": await self._cases.effects(view.row.case_id)})
        route = await destination(view, why, self._matrix, self._customers, now)
        route = await self._expected(view.row, route, now)
        why, assignee = come_back(view, why)
        words, route = self._told(view, why, route, now)
        handoff = packet(view, why, route, now, await self._cases.transcript(view.row.case_id))
        row = handed_over(view.row, why, route, now, assignee)
        messages = [said(view, Author.SYSTEM, words, now, "tell")] if words else []
        row = row.model_copy(update={"reply": words or row.reply, "version": view.row.version + 1})
        outcome = await end(self._cases, view, row, messages, handoff)
        return {"outcome": outcome, "row": row, "effects": view.effects}

    async def _expected(self, row: CaseRow, route: Route, now: datetime) -> Route:
        """The route with the time by which an answer is due, counted in the working time of those who can give it."""
        need = Need(queue=route.queue, tier=route.tier, language=row.language)
        return route.model_copy(update={"expected": await self._staff.expect(need, now, route.respond_within_minutes)})

    def _told(self, view: EndView, why: Escalation, route: Route, now: datetime) -> tuple[str | None, Route]:
        """The words for the customer, None where they know already: then what was promised still holds.

        The route remembers what they know.
        """
        sentence, language = waiting.sentence(route, view.row.language or "en", late=why.reason == NO_ANSWER)
        if view.handoff and waiting.known(view.handoff, view.incoming, sentence, now):
            return None, route.model_copy(update={"told": sentence, "expected": view.handoff.route.expected})
        words = waiting.filled(sentence, route, now, language, self._staff.say)
        return words or None, route.model_copy(update={"told": sentence})


def handed_over(row: CaseRow, why: Escalation, route: Route, now: datetime, assignee: str | None) -> CaseRow:
    """The row of a case that is with people from `now` on."""
    return row.model_copy(
        update={
            "status": CaseStatus.WITH_HUMAN,
            "tier": Tier(route.tier),
            "queue": route.queue,
            "priority": route.priority,
            "reason": why.reason,
            "assignee": None if assignee == NOBODY else assignee,
            "updated_at": now,
            "due_at": route.expected.answer_by if route.expected else None,
        }
    )

"""The node that gives a case to people: routed, with its packet, and the customer told what happens now."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from graphs.engine.limits import SECONDS, within
from graphs.handover import notice as waiting
from graphs.handover.destination import come_back, destination
from graphs.handover.handoff import packet, shortened, with_what_was_left
from graphs.nodes.resolve import end, once, said, with_notice
from graphs.views import EndView
from handrail.domain.actions.asked import WITHDRAWN, together, with_answer
from handrail.domain.actions.earlier import unanswered
from handrail.domain.case.cases import CaseRow, CaseStatus, Tier, Unrecorded
from handrail.domain.case.handoffs import Escalation, Handoff
from handrail.domain.case.messages import Author
from handrail.domain.case.reconciling import lost_effects
from handrail.domain.case.routes import NO_ANSWER, Route
from handrail.domain.errors import record_is_away
from handrail.domain.team.commands import NOBODY
from handrail.domain.team.staff import Need, round_the_clock
from handrail.ports import Cases, Clock, Customers, Matrix, Staff

FIRST, NEWEST = 5, 60
"""Messages of the transcript that a packet is made of."""
_log = logging.getLogger(__name__)


class EscalateNode:
    """A person receives the case; the customer is told what happens now."""

    def __init__(
        self, cases: Cases, matrix: Matrix, staff: Staff, customers: Customers, clock: Clock, house: str = ""
    ) -> None:
        self._cases = cases
        self._matrix = matrix
        self._staff = staff
        self._customers = customers
        self._clock = clock
        self._house = house

    async def escalate(self, state: EndView) -> dict[str, Any]:
        """Build the packet, route it, commit. What was done is the ledger's word, beside what a restored one has lost."""
        view = EndView.model_validate(state)
        now = self._clock.now()
        why = view.escalation or Escalation(reason="cancelled", words="The case left the agent.")
        held = await self._cases.effects(view.row.case_id)
        done = [*held, *lost_effects(view.effects, held)]
        earlier = await self._cases.earlier(view.row.case_id)
        begun = unanswered(earlier)
        view = view.model_copy(update={"effects": done, "begun": begun, **await self._asked(view, now)})
        route, absent = await destination(view, why, self._matrix, self._customers, now)
        route = await self._expected(view.row, route, now)
        why, assignee = come_back(view, why)
        words, route = self._told(view, why, route, now)
        view = view.model_copy(update={"absent": list(dict.fromkeys([*view.absent, *absent]))})
        handoff = with_what_was_left(await self._packet(view, why, route, now), earlier)
        row = handed_over(view.row, why, route, now, assignee)
        opened = self._opening(view) if words else ""
        words = f"{opened}\n\n{words}" if opened else words
        words = with_notice(words or "", view.incoming, view.row.language)
        view = view.model_copy(update={"disclosed": view.disclosed or bool(opened)})
        messages = [await once(self._cases, view, said(view, Author.SYSTEM, words, now, "tell"))] if words else []
        row = row.model_copy(update={"reply": words or row.reply, "version": view.row.version + 1})
        outcome = await end(self._cases, view, row, messages, handoff)
        kept = {"disclosed": view.disclosed, "unrecorded": Unrecorded()}
        return {"outcome": outcome, "row": row, "effects": view.effects, "begun": begun, "asked": view.asked, **kept}

    def _opening(self, view: EndView) -> str:
        language, disclosed = view.row.language or "en", view.disclosed
        own = waiting.opening(language, disclosed=disclosed)
        acting = waiting.acting_for(self._house, language) if view.row.by_agent and self._house and not disclosed else ""
        return "\n\n".join(filter(None, [own, acting]))

    async def _asked(self, view: EndView, now: datetime) -> dict[str, Any]:
        """Return what the customer was asked and answered, as the record has it; a question without an answer is withdrawn.

        A turn that was lost may not know of an answer that the record holds.
        """
        waiting = view.confirmation
        if not (view.asked or waiting):
            return {"asked": []}
        known = together(await self._cases.asked(view.row.case_id), view.asked)
        if waiting is None or any(one.question_id == waiting.question_id and one.answers for one in known):
            return {"asked": known, "confirmation": None}
        return {"asked": with_answer(known, waiting, WITHDRAWN, now)}

    async def _packet(self, view: EndView, why: Escalation, route: Route, now: datetime) -> Handoff:
        """The packet, in time, without the extras if need be: the way to a person does not wait for them."""
        transcript = await self._cases.transcript_ends(view.row.case_id, FIRST, NEWEST)
        made = await within(SECONDS, packet, view, why, route, now, transcript)
        return made or shortened(view, why, route, now)

    async def _expected(self, row: CaseRow, route: Route, now: datetime) -> Route:
        """The route with the time by which an answer is due, counted in the working time of those who can give it."""
        need = Need(queue=route.queue, tier=route.tier, language=row.language)
        minutes = route.respond_within_minutes
        try:
            expected = await self._staff.expect(need, now, minutes)
        except Exception as error:
            if record_is_away(error):
                raise
            _log.exception("nobody can tell when people work")
            expected = round_the_clock(now, minutes)
        return route.model_copy(update={"expected": expected})

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

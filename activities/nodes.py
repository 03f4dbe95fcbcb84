"""The node that a case runs beside a turn, as a local activity: what is written meanwhile is heard at once."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from graphs.nodes.case_nodes import GraphNode
from graphs.ruling.asked import WITHDREW_TOO_LATE, audited, settled, withdrew
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import UNCLEAR, Confirmation, Undoing, customers
from handrail.domain.actions.consent import undone
from handrail.domain.actions.earlier import unanswered
from handrail.domain.case.messages import standing
from handrail.ports import Cases


class NodeActivities:
    """The activity `local.classify`: routes words that come in beside a turn."""

    def __init__(self, classify: GraphNode[ClassifyView], cases: Cases) -> None:
        self._classify = classify
        self._cases = cases

    @activity.defn(name="local.classify")
    async def classify(self, view: ClassifyView) -> dict[str, Any]:
        """Routing before any model; where the words undo a yes, that stands in the ledger first.

        A correction of what is done by then undoes nothing: it is a new request, which the agent reads next. Of what was sent
        and not answered nobody knows whether it was done: that is what a person hears and the customer is told.
        """
        undoing = withdrew(view)
        if undoing is None:
            return await self._classify(state=view)
        question, how = undoing
        wanted = {one.proposal.proposal_id for one in question.asked}
        done = await self._take_back(view, question, how)
        if how is Undoing.CORRECTED and done >= wanted:
            return await self._classify(state=settled(view))
        found = await self._classify(state=view)
        left = [] if done >= wanted else unanswered(await self._cases.earlier(view.row.case_id))
        sent = any(one.effect_id in wanted for one in left)
        return {**found, "escalation": WITHDREW_TOO_LATE} if sent and found["escalation"].reason == UNCLEAR else found

    async def _take_back(self, view: ClassifyView, question: Confirmation, how: Undoing) -> set[str]:
        """Stop what is not begun yet; return the ids of what is done."""
        said = customers(view.incoming)
        words = standing(said)
        case_id, effect_ids = view.row.case_id, [one.proposal.proposal_id for one in question.asked]
        if words and undone(question, words):
            at, named = words[-1].at, {"message_id": words[-1].message_id}
        else:  # what is withdrawn is quoted as nobody's answer
            gone = [one for one in said if one.withdrawn_at][-1]
            at, named = gone.withdrawn_at or gone.at, {"withdrawn": gone.message_id}
        entry = audited(case_id, question, how, at, "customer", **named)
        return set(await self._cases.take_back(case_id, effect_ids, at, entry))

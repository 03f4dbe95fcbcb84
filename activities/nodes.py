"""The node that a case runs beside a turn, as a local activity: what is written meanwhile is heard at once."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from graphs.nodes.case_nodes import GraphNode
from graphs.ruling.asked import audited, settled, withdrew
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import Confirmation, Undoing
from handrail.domain.case.messages import Author
from handrail.ports import Cases


class NodeActivities:
    """The real node behind a name of Temporal's."""

    def __init__(self, classify: GraphNode[ClassifyView], cases: Cases) -> None:
        self._classify = classify
        self._cases = cases

    @activity.defn(name="local.classify")
    async def classify(self, view: ClassifyView) -> dict[str, Any]:
        """Routing before any model; where the words undo a yes, that stands in the ledger first.

        A correction of what is done by then undoes nothing: it is a new request, which the agent reads next.
        """
        undoing = withdrew(view)
        if undoing and await self._too_late(view, *undoing):
            view = settled(view)
        return await self._classify(state=view)

    async def _too_late(self, view: ClassifyView, question: Confirmation, how: Undoing) -> bool:
        """Stop what is not done yet; return whether it was a correction and everything is done."""
        said = [one for one in view.incoming if one.author is Author.CUSTOMER][-1]
        case_id, effect_ids = view.row.case_id, [one.proposal.proposal_id for one in question.asked]
        entry = audited(case_id, question, how, said.at, "customer", message_id=said.message_id)
        done = await self._cases.take_back(case_id, effect_ids, said.at, entry)
        return how is Undoing.CORRECTED and set(done) >= set(effect_ids)

"""The node that a case runs beside a turn, as a local activity: what is written meanwhile is heard at once."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from graphs.case import GraphNode
from graphs.ruling.asked import audited, withdrew
from graphs.views import ClassifyView
from handrail.domain.actions.asked import TAKEN_BACK
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.case.messages import Author
from handrail.ports import Cases


class NodeActivities:
    """The real node behind a name of Temporal's."""

    def __init__(self, classify: GraphNode[ClassifyView], cases: Cases) -> None:
        self._classify = classify
        self._cases = cases

    @activity.defn(name="local.classify")
    async def classify(self, view: ClassifyView) -> dict[str, Any]:
        """Routing before any model; where the words take a yes back, that stands in the ledger first."""
        question = withdrew(view)
        if question:
            await self._take_back(view, question)
        return await self._classify(state=view)

    async def _take_back(self, view: ClassifyView, question: Confirmation) -> None:
        said = [one for one in view.incoming if one.author is Author.CUSTOMER][-1]
        case_id, effect_ids = view.row.case_id, [one.proposal.proposal_id for one in question.asked]
        entry = audited(case_id, question, TAKEN_BACK, said.at, "customer", message_id=said.message_id)
        await self._cases.take_back(case_id, effect_ids, said.at, entry)

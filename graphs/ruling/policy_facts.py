"""Facts for policies: the case, its classification, the customer, and what was done before."""

from __future__ import annotations

import asyncio
from typing import Any

from graphs.ruling.ruling_pass import RulingPass
from graphs.views import GuardrailView
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.policy.facts import HISTORY, case_facts, classification_facts, customer_facts, with_pending
from handrail.ports import Clock, Customers, History


class PolicyFactsReader:
    """Reads it once for each pass of the guardrail."""

    def __init__(self, customers: Customers, history: History, clock: Clock) -> None:
        self._customers = customers
        self._history = history
        self._clock = clock

    async def customer(self, view: GuardrailView) -> dict[str, Any]:
        """Return what the business tells of the case's customer. Raises: see `Customers`."""
        return await self._customers.facts(view.row.customer_id)

    async def facts(self, view: GuardrailView) -> dict[str, Any]:
        """Every fact by its whole name; history without the effects that are proposed now."""
        row = view.row
        proposed = [one.proposal_id for one in view.proposals if one.kind is ProposalKind.EFFECT]
        customer, history = await asyncio.gather(self.customer(view), self._history.of(row.case_id, row.customer_id, proposed))
        return {
            **case_facts(row, self._clock.now()),
            **classification_facts(view.classification),
            **customer_facts(row.customer_id, customer),
            **history,
        }


def counting(facts: dict[str, Any], sheet: RulingPass) -> dict[str, Any]:
    """The facts, with the effects that this pass let through or held counted as done: two at once are not each the first."""
    through = [
        one.proposal
        for one in sheet.rulings
        if one.proposal.kind is ProposalKind.EFFECT and one.verdict.ruling is not Ruling.BLOCK
    ]
    if not through:
        return facts
    history = {name: value for name, value in facts.items() if name.startswith(HISTORY)}
    return {**facts, **with_pending(history, through)}

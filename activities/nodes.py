"""The nodes that a workflow runs in place, as local activities."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from graphs.case import CaseNodes
from graphs.views import ClassifyView, GuardrailView


class NodeActivities:
    """The real nodes behind the stand-ins that the graph has inside a workflow."""

    def __init__(self, nodes: CaseNodes) -> None:
        self._nodes = nodes

    @activity.defn(name="local.classify")
    async def classify(self, view: ClassifyView) -> dict[str, Any]:
        """Routing before any model."""
        return await self._nodes.classify(state=view)

    @activity.defn(name="local.guardrail")
    async def guardrail(self, view: GuardrailView) -> dict[str, Any]:
        """Rules on every proposal."""
        return await self._nodes.guardrail(state=view)

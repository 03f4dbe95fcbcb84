"""The node that a case runs beside a turn, as a local activity: what is written meanwhile is heard at once."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from graphs.case import GraphNode
from graphs.views import ClassifyView


class NodeActivities:
    """The real node behind a name of Temporal's."""

    def __init__(self, classify: GraphNode[ClassifyView]) -> None:
        self._classify = classify

    @activity.defn(name="local.classify")
    async def classify(self, view: ClassifyView) -> dict[str, Any]:
        """Routing before any model."""
        return await self._classify(state=view)

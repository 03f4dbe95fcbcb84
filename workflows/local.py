"""The graph's in-place nodes inside a workflow: one local activity each, so replay never runs them again."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from graphs.views import ClassifyView, GuardrailView
from workflows.options import LOCAL_STEP

CLASSIFY = "local.classify"
GUARDRAIL = "local.guardrail"


class LocalNodes:
    """Stands where the real nodes stand when the graph runs without Temporal."""

    async def classify(self, state: ClassifyView) -> dict[str, Any]:
        """See `graphs.classify.Classify.classify`."""
        found: dict[str, Any] = await workflow.execute_local_activity(CLASSIFY, state, result_type=dict, **LOCAL_STEP)
        return found

    async def guardrail(self, state: GuardrailView) -> dict[str, Any]:
        """See `graphs.guardrail.Guardrail.guardrail`."""
        found: dict[str, Any] = await workflow.execute_local_activity(GUARDRAIL, state, result_type=dict, **LOCAL_STEP)
        return found

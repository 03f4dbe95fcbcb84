"""The node that ends an agent's asking in circles."""

from __future__ import annotations

from typing import Any

from graphs.views import PatienceView
from handrail.domain.case.handoffs import Escalation


async def patience(state: PatienceView) -> dict[str, Any]:
    """The customer is not asked again; a person takes over, with the question that was not sent as a draft."""
    view = PatienceView.model_validate(state)
    words = f"The agent would ask for the {view.progress.stalled + 1}. time in a row without having learnt anything new."
    return {"escalation": Escalation(reason="no_progress", words=words)}

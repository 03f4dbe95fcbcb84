"""What went wrong in a turn, as the reason for which a person gets the case."""

from __future__ import annotations

from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

from handrail.domain.errors import BusinessFailed, ModelRejected, ModelUnavailable
from handrail.domain.handoffs import Escalation
from workflows.turn import GraphChanged

MODEL_NODE = "agent"
CONSULTING_NODE = "consult"
WRITING_NODE = "act"


def escalation_for(error: Exception, node: str | None) -> Escalation:
    """The reason and words for `error`, which came out of `node`."""
    if isinstance(error, GraphChanged):
        return Escalation(reason="graph_changed", words=str(error))
    if not isinstance(error, ActivityError):
        return Escalation(reason="graph_error", words=f"The graph failed in {node}: {type(error).__name__}.")
    cause = error.cause
    kind = cause.type if isinstance(cause, ApplicationError) else type(cause).__name__
    if node == WRITING_NODE:
        words = f"An allowed action could not be finished ({kind}). The ledger says whether it was written."
        return Escalation(reason="action_failed", words=words)
    if kind == ModelUnavailable.__name__ and node in (MODEL_NODE, CONSULTING_NODE):
        return Escalation(reason="model_unavailable", words="The model did not answer after several tries.")
    if kind == BusinessFailed.__name__ and isinstance(cause, ApplicationError):
        return Escalation(reason="facts_unavailable", words=f"{cause.message} The agent decides nothing without it.")
    if node != MODEL_NODE:
        return Escalation(reason="graph_error", words=f"The graph failed in {node}: {kind}.")
    if kind == ModelRejected.__name__:
        return Escalation(reason="model_rejected", words="The model's server refuses or answers nothing usable.")
    if isinstance(cause, TimeoutError):
        return Escalation(reason="model_unavailable", words="The model did not answer after several tries.")
    return Escalation(reason="graph_error", words=f"The agent's step failed: {kind}.")

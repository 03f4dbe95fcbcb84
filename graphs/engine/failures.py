"""Failures of a turn, as reasons for which a person gets the case."""

from __future__ import annotations

from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import OUTCOME_UNKNOWN
from handrail.domain.errors import (
    BusinessFailed,
    HandrailError,
    ModelRejected,
    ModelUnavailable,
    NotReached,
    OutcomeUnknown,
    record_is_away,
)

MODEL_NODE, CONSULTING_NODE, WRITING_NODE = "agent", "consult", "act"
ASKING = (MODEL_NODE, CONSULTING_NODE)
"""Nodes that call a model: what they came by is never asked for twice."""


class GraphSpins(HandrailError):
    """Nodes follow one another without the agent being asked or anything being done: it would never end."""


class GraphChanged(HandrailError):
    """The graph that is deployed now does not ask what the waiting case was asked."""


def escalation_for(error: Exception, node: str | None) -> Escalation:
    """The reason and words for `error`, which came out of `node`."""
    kind = type(error).__name__
    if isinstance(error, GraphChanged):
        return Escalation(reason="graph_changed", words=str(error))
    if node == WRITING_NODE:
        return _unfinished(error)
    if isinstance(error, ModelUnavailable) and node in ASKING:
        return Escalation(reason="model_unavailable", words="The model did not answer after several tries.")
    if isinstance(error, BusinessFailed):
        return Escalation(reason="facts_unavailable", words=f"{error} The agent decides nothing without it.")
    if node != MODEL_NODE:
        return Escalation(reason="graph_error", words=f"The graph failed in {node}: {kind}.")
    if isinstance(error, ModelRejected):
        return Escalation(reason="model_rejected", words="The model's server refuses or answers nothing usable.")
    if isinstance(error, TimeoutError):
        return Escalation(reason="model_unavailable", words="The model did not answer after several tries.")
    return Escalation(reason="graph_error", words=f"The agent's step failed: {kind}.")


def _unfinished(error: Exception) -> Escalation:
    """The reason where an action did not end: it was not done, or nobody knows."""
    if isinstance(error, OutcomeUnknown):
        return Escalation(reason=OUTCOME_UNKNOWN, words=str(error))
    if isinstance(error, NotReached):
        return Escalation(reason="action_failed", words=str(error))
    words = f"An allowed action could not be finished ({type(error).__name__}). The ledger says whether it was written."
    # A connection that breaks while a transaction is committed leaves open whether it was.
    return Escalation(reason=OUTCOME_UNKNOWN if record_is_away(error) else "action_failed", words=words)

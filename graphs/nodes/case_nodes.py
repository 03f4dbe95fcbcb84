"""The nodes that a case graph is built of. LangGraph is not needed to name them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from graphs.views import (
    ActView,
    AgentView,
    AnswerView,
    ApprovalView,
    ClassifyView,
    ConfirmView,
    ConsultView,
    EndView,
    GuardrailView,
)

Update = dict[str, Any]
View = TypeVar("View", contravariant=True)


class GraphNode(Protocol[View]):
    """Gets its view of the state, returns what changed."""

    def __call__(self, state: View) -> Awaitable[Update]: ...


@dataclass(frozen=True, slots=True)
class CaseNodes:
    """The nodes of the case graph, each under its name there."""

    classify: GraphNode[ClassifyView]
    answer: GraphNode[AnswerView]
    consult: GraphNode[ConsultView]
    agent: GraphNode[AgentView]
    guardrail: GraphNode[GuardrailView]
    approval: GraphNode[ApprovalView]
    confirm: GraphNode[ConfirmView]
    act: GraphNode[ActView]
    resolve: GraphNode[EndView]
    escalate: GraphNode[EndView]

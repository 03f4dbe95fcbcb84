"""A graph that gives every case to people before the model is asked, to evaluate it against the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graphs.case import CaseGraph, CaseNodes
from graphs.case import build_case_graph as real
from graphs.views import AgentView
from handrail.domain.case.handoffs import Escalation


async def hand_over(state: AgentView) -> dict[str, Any]:
    """Give the case to people."""
    return {"escalation": Escalation(reason="agent_asked", words="This graph asks nobody.")}


def build_case_graph(nodes: CaseNodes) -> CaseGraph:
    """Build the real graph with another agent."""
    return real(replace(nodes, agent=hand_over))

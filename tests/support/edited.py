"""Graphs that an engineer edited, and cases that wait while they are deployed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.views import ClassifyView
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from tests.support.deployed import Build
from tests.support.house import House, quiet, wait_for

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
ENDED = ("Resolved", "AwaitingCustomer")
AT_ONCE: dict[str, Any] = {"graceful_shutdown_timeout": timedelta(0)}
Edit = Callable[[CaseNodes, "Seen"], CaseGraph]


class Seen:
    """A step that an engineer puts in; notes which cases came by."""

    def __init__(self) -> None:
        self.cases: list[str] = []

    async def step(self, state: ClassifyView) -> dict[str, Any]:
        """Runs as an activity."""
        self.cases.append(ClassifyView.model_validate(state).row.case_id)
        return {"feedback": []}

    def into(self, graph: CaseGraph, following: str) -> None:
        """As the node `step`, ahead of `following`."""
        graph.add_node("step", self.step, input_schema=ClassifyView)
        graph.add_edge("step", following)


def rewire(graph: CaseGraph, source: str, **instead: str) -> None:
    """Other ways out of `source`: `instead` names where a way leads now."""
    for name, branch in graph.branches[source].items():
        ends = {way: instead.get(end, end) for way, end in (branch.ends or {}).items()}
        graph.branches[source][name] = branch._replace(ends=ends)
    graph.edges = {(start, instead.get(end, end) if start == source else end) for start, end in graph.edges}


def rename(graph: CaseGraph, node: str, name: str) -> None:
    """The node under another name, reached and left as before."""
    for source in list(graph.branches):
        rewire(graph, source, **{node: name})
    graph.edges = {(name if start == node else start, name if end == node else end) for start, end in graph.edges}
    graph.nodes[name] = graph.nodes.pop(node)
    if node in graph.branches:
        graph.branches[name] = graph.branches.pop(node)


def edited(edit: Edit, seen: Seen | None = None) -> Build:
    """What is deployed."""
    return lambda nodes: edit(nodes, seen or Seen())


def before_approval(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """guardrail ─► step ─► approval"""
    graph = build_case_graph(nodes)
    rewire(graph, "guardrail", approval="step")
    seen.into(graph, "approval")
    return graph


def after_approval(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """approval ─► step ─► guardrail ─► act"""
    graph = build_case_graph(nodes)
    rewire(graph, "approval", guardrail="step")
    seen.into(graph, "guardrail")
    return graph


def approval_renamed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    graph = build_case_graph(nodes)
    rename(graph, "approval", "manager")
    return graph


def approval_removed(nodes: CaseNodes, seen: Seen) -> CaseGraph:
    """What a person would have approved goes to people as a whole."""
    graph = build_case_graph(nodes)
    for source in list(graph.branches):
        rewire(graph, source, approval="escalate")
    graph.branches.pop("approval", None)
    graph.nodes.pop("approval")
    graph.edges = {edge for edge in graph.edges if "approval" not in edge}
    return graph


async def held(home: House) -> CaseView:
    """A refund that waits for approval, and nothing is being done."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    return case


async def approve(home: House, case: CaseView) -> None:
    seen = case.approvals[0]
    decision = DecisionInput(
        decision=DecisionKind.APPROVE, approval_id=seen.approval_id, revision=seen.revision, reviewer="ann"
    )
    await home.cases.decide(case.case_id, decision)


async def refunds(home: House, case_id: str) -> int:
    """How many refunds the shop holds for the case."""
    found = await home.rows(
        "select 1 from shop.refunds r join handrail.actions a using (effect_id) where a.case_id = %(c)s", c=case_id
    )
    return len(found)


async def transcript(home: House, case_id: str) -> list[tuple[str, str]]:
    """Author and text, as PostgreSQL has them."""
    return [(one.author.value, one.text) for one in await home.world.cases.transcript(case_id)]

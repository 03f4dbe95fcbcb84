"""The whole machine on one screen: who answers, who checks, where it goes next.

`asks` marks nodes that call a model: what they came by is written down before anything comes of it. `writes` marks nodes that
must not be cut short: something leaves the house in them.
"""

from __future__ import annotations

from langgraph.graph import END, START, StateGraph

from graphs import routes
from graphs.nodes.case_nodes import CaseNodes as CaseNodes
from graphs.nodes.patience import patience
from graphs.state import CaseState
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
    PatienceView,
)

CaseGraph = StateGraph[CaseState, None, CaseState, CaseState]


def build_case_graph(nodes: CaseNodes) -> CaseGraph:
    """The case graph, not yet compiled.

    start ─► classify ─► (consult) ─► agent ─► guardrail ─► act ─► agent …
                │            │          │       │  │  ├──► approval ─► guardrail …
                ├► (answer: guardrail, agent)   │  │  └──► confirm ─► end, the customer is asked
                │            │          │       │  └─────► resolve ─► end
                └────────────┴──────────┴───────┴────────► escalate ─► end
    """
    graph = StateGraph(CaseState)
    node = graph.add_node
    node("classify", nodes.classify, input_schema=ClassifyView)
    node("answer", nodes.answer, input_schema=AnswerView)
    node("consult", nodes.consult, input_schema=ConsultView, metadata={"asks": True})
    node("agent", nodes.agent, input_schema=AgentView, metadata={"asks": True})
    node("patience", patience, input_schema=PatienceView)
    node("guardrail", nodes.guardrail, input_schema=GuardrailView)
    node("approval", nodes.approval, input_schema=ApprovalView)
    node("confirm", nodes.confirm, input_schema=ConfirmView, metadata={"writes": True})
    node("act", nodes.act, input_schema=ActView, metadata={"writes": True})
    node("resolve", nodes.resolve, input_schema=EndView, metadata={"writes": True})
    node("escalate", nodes.escalate, input_schema=EndView, metadata={"writes": True})

    graph.add_conditional_edges(START, routes.entrance, ["classify", "agent", "escalate"])
    graph.add_conditional_edges("classify", routes.after_classify, ["answer", "agent", "consult", "escalate"])
    graph.add_conditional_edges("consult", routes.after_consult, ["agent", "escalate"])
    graph.add_conditional_edges("answer", routes.after_answer, ["guardrail", "confirm", "agent", "consult", "escalate"])
    graph.add_conditional_edges("agent", routes.after_agent, ["guardrail", "patience", "escalate"])
    graph.add_edge("patience", "escalate")
    graph.add_conditional_edges(
        "guardrail", routes.after_guardrail, ["act", "approval", "confirm", "resolve", "agent", "escalate"]
    )
    graph.add_conditional_edges("approval", routes.after_approval, ["guardrail", "escalate"])
    graph.add_conditional_edges("act", routes.after_act, ["agent", "approval", "confirm", "guardrail", "escalate"])
    graph.add_edge("confirm", END)
    graph.add_conditional_edges("resolve", routes.after_resolve, [END, "guardrail", "escalate"])
    graph.add_edge("escalate", END)
    return graph

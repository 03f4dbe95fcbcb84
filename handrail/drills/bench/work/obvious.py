"""The obvious app: a LangGraph graph of four nodes by temporalio-langgraph, each an activity, nothing behind any.

Nothing here is loaded unless the arm runs: `temporalio-langgraph` is for development alone.
"""

from __future__ import annotations

from datetime import timedelta
from importlib.util import find_spec
from typing import Any, TypedDict

from temporalio import workflow

from handrail.domain.errors import InvalidInput
from handrail.drills.bench.work.arms import OBVIOUS

GRAPH = "obvious"
MODULE = "temporalio.langgraph"


class ObviousState(TypedDict, total=False):
    """The state that the nodes pass on."""

    question: str
    topic: str
    answer: str
    checked: bool


async def classify(state: ObviousState) -> ObviousState:
    """Name a topic."""
    return {"topic": "order_status"}


async def agent(state: ObviousState) -> ObviousState:
    """Write an answer."""
    return {"answer": f"About {state['topic']}: it is on its way."}


async def guardrail(state: ObviousState) -> ObviousState:
    """Let the answer through."""
    return {"checked": True}


async def resolve(state: ObviousState) -> ObviousState:
    """End the conversation."""
    return {"answer": state["answer"]}


def require() -> None:
    """Check that the app can run.

    Raises:
        InvalidInput: the package that it is written with is missing.
    """
    try:
        found = find_spec(MODULE)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise InvalidInput(
            "temporalio-langgraph: is not installed, and the arm of the obvious app is written with it. "
            "Install it with the extra `dev`, or leave the arm out: --no-obvious."
        )


def plugin() -> Any:
    """Return the worker's plugin with the graph in it."""
    from langgraph.graph import END, START, StateGraph
    from temporalio.langgraph import LangGraphPlugin

    graph = StateGraph(ObviousState)
    options = {"execute_in": "activity", "start_to_close_timeout": timedelta(seconds=60)}
    names = {"classify": classify, "agent": agent, "guardrail": guardrail, "resolve": resolve}
    for name, node in names.items():
        graph.add_node(name, node, metadata=dict(options))
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return LangGraphPlugin(graphs={GRAPH: graph})


@workflow.defn(name=OBVIOUS)
class Obvious:
    """Drives the graph from a question to its answer."""

    @workflow.run
    async def run(self, number: int) -> str:
        """Give the answer."""
        from temporalio.langgraph import graph

        app = graph(GRAPH).compile()
        end = await app.ainvoke({"question": f"Where is my order {number}?"})
        return str(end["answer"])

"""The case graph as its machine runs it: the same nodes and edges over one channel that holds the whole state.

LangGraph reads, copies and compares every channel at every step, and keeps a trace of every choice of an edge. With a channel
for each field of a case's state, that is more work than the nodes do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from typing import Annotated, Any

from langgraph.channels import BinaryOperatorAggregate
from langgraph.graph import StateGraph
from langgraph.types import Command
from pydantic import BaseModel

from graphs.engine.checks import check
from graphs.state import CaseState

ROOT = "__root__"
"""The name by which LangGraph knows a state that is a single channel."""
View = Callable[[Any], Any]


def compact(graph: Any) -> Any:
    """Return a graph of the same nodes, edges and routers whose state is one channel; nodes get the whole state.

    Raises:
        ValueError: the graph cannot run every turn, see `graphs.engine.checks`.
    """
    check(graph)
    whole = Annotated[Any, merging(graph)]
    made: Any = StateGraph(whole, graph.context_schema)
    made.nodes = {name: replace(node, input_schema=whole) for name, node in graph.nodes.items()}
    made.edges, made.waiting_edges, made._node_defaults = graph.edges, graph.waiting_edges, graph._node_defaults
    for start, branches in graph.branches.items():
        made.branches[start] = {name: over_all(graph, branch) for name, branch in branches.items()}
    return made


def merging(graph: Any) -> Callable[[Any, Any], Any]:
    """Return the reducer of the whole state: each field as its own channel would take it, and validated."""
    reducers: Mapping[str, Any] = {
        name: channel.operator for name, channel in graph.channels.items() if isinstance(channel, BinaryOperatorAggregate)
    }
    fields = graph.state_schema.model_fields
    graph.state_schema.model_rebuild()
    validator = graph.state_schema.__pydantic_validator__

    def merged(state: Any, update: Any) -> Any:
        if isinstance(update, BaseModel):
            update = {name: getattr(update, name) for name in update.model_fields_set}
        made = state.model_copy()
        for name, value in update.items():
            if name in fields:
                taken = reducers[name](getattr(state, name), value) if name in reducers else value
                validator.validate_assignment(made, name, taken)
        return made

    return merged


def view_of(graph: Any, schema: Any) -> View:
    """Return what makes a node's view out of the whole state; anything else, as a `Send` brings it, stays as it is."""
    names = list(graph.schemas[schema])
    shaped = isinstance(schema, type) and (issubclass(schema, BaseModel) or is_dataclass(schema))

    def view(state: Any) -> Any:
        if not isinstance(state, graph.state_schema):
            return state
        values = {name: getattr(state, name) for name in names}
        return schema(**values) if shaped else values

    return view


def over_all(graph: Any, branch: Any) -> Any:
    """Return the router over the whole state, or over the view that it asks for."""
    if hasattr(branch.path, "trace"):
        branch.path.trace = False
    if branch.input_schema in (None, graph.state_schema):
        return branch._replace(input_schema=None)
    view, path = view_of(graph, branch.input_schema), branch.path

    async def router(state: Any) -> Any:
        return await path.ainvoke(view(state))

    return branch._replace(path=plainly(router), input_schema=None)


def plainly(function: Callable[..., Any]) -> Any:
    """Return the function as LangGraph runs a node's: with what its arguments ask for, and without a trace."""
    return StateGraph(CaseState).add_node("function", function).nodes["function"].runnable


def over_whole(found: Any) -> Any:
    """Return what a node gave, a command's update as one of the whole state."""
    if isinstance(found, Command) and found.graph is None and found.update:
        return replace(found, update=[(ROOT, dict(found._update_as_tuples()))])
    return found

"""The beginning of a run: at the entrance of the graph, or behind the node on which its turn stands.

LangGraph can begin elsewhere than at the entrance from a checkpoint, which costs several runs: to write it, to look at it, to
go on. A turn carries its whole state and names the node, so a router in front of everything does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START

Stands = Callable[[RunnableConfig], str | None]


def begin_behind(graph: Any, stands: Stands) -> None:
    """Let a run begin behind the node that `stands` tells of its config, as that node's edges and routers say; None: at the
    entrance."""
    edges, branches = sorted(graph.edges), {name: list(found.values()) for name, found in graph.branches.items()}

    async def begin(state: Any, config: RunnableConfig) -> list[Hashable]:
        name = stands(config) or START
        found: list[Hashable] = [end for start, end in edges if start == name]
        for branch in branches.get(name, ()):
            chosen = await branch.path.ainvoke(state, config)
            places = chosen if isinstance(chosen, list | tuple) else [chosen]
            found += [branch.ends.get(place, place) if branch.ends and isinstance(place, str) else place for place in places]
        return found

    graph.edges = {(start, end) for start, end in edges if start != START}
    graph.branches.pop(START, None)
    graph.add_conditional_edges(START, begin, [*graph.nodes, END])
    graph.branches[START]["begin"].path.trace = False

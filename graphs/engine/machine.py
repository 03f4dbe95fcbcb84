"""The case graph at work: compiled once for a process, it runs the turns of many cases side by side.

What a model answered is written into the journal before anything comes of it, so that a turn that is run again (its worker
was killed) asks for nothing twice; the commit that ends a turn ends the journal with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphInterrupt

from graphs.case import CaseGraph
from graphs.engine.compact import compact, over_whole, plainly, view_of
from graphs.engine.places import Place, at_once
from graphs.engine.retries import RETRIES, SECONDS, STEP, TIMEOUTS
from graphs.engine.run import ASKS, RUN, SCRATCHPAD, WRITES, TurnAttempt
from graphs.engine.standing import begin_behind
from graphs.turn import OpenQuestion, TurnRequest
from handrail.domain.case.turns import TurnKey
from handrail.ports import Journal


class CaseMachine:
    """A compiled case graph and its journal. The graph is its own: the nodes get retries and time-outs.

    `app` runs a turn from its entrance, or from behind the node on which it stands. `place` is where a node waits for its
    turn among those of other cases, by default nowhere.
    """

    def __init__(self, graph: CaseGraph, journal: Journal, place: Place = at_once) -> None:
        self.journal = journal
        self.place = place
        self.nodes = graph.nodes
        for name, node in graph.nodes.items():
            node.runnable = watched(graph, name, node)
            node.retry_policy = node.retry_policy or RETRIES.get(name, STEP)
        whole = compact(graph)
        begin_behind(whole, standing)
        self.app = whole.compile()
        edges = graph.compile().get_graph().edges
        self._sources = {name: [edge.source for edge in edges if edge.target == name] for name in graph.nodes}

    def begin(self, wanted: TurnRequest, key: TurnKey) -> TurnAttempt:
        """A turn, not yet running."""
        return TurnAttempt(self, wanted, key)

    def ways_to(self, question: OpenQuestion) -> list[str]:
        """Nodes to stand on: the one that led to the question then, then those that lead to its node now.

        Where all of them have other names by now, any node may be the one: the way from it counts if the same is asked there.
        """
        now = self._sources.get(question.node, [])
        ways = [question.before, *now] if question.before else now
        return [name for name in dict.fromkeys(ways) if name in self.nodes] or list(self.nodes)

    def is_loud(self, name: str) -> bool:
        """Return whether something leaves the house in the node, or a model is asked."""
        return self.is_marked(name, WRITES) or self.is_marked(name, ASKS)

    def is_marked(self, name: str | None, mark: str) -> bool:
        """Return whether the graph has a node of this name with this mark."""
        return name in self.nodes and marked(self.nodes[name], mark)


def marked(node: Any, mark: str) -> bool:
    """Return whether the node has the mark: `writes`, something leaves the house in it; `asks`, it calls a model."""
    return bool((node.metadata or {}).get(mark))


def watched(graph: CaseGraph, name: str, node: Any) -> Any:
    """The node with its view of the state, telling its run that it is at work: what writes must not be cut short."""
    inner, writing, seconds = node.runnable, marked(node, WRITES), TIMEOUTS.get(name, SECONDS)
    view = view_of(graph, node.input_schema)

    async def entered(run: TurnAttempt, state: Any, config: RunnableConfig) -> Any:
        run.enter(name, writing=writing)
        try:
            # Cheaper than the library's own time-out, which watches each node with tasks of its own.
            async with asyncio.timeout(None if node.timeout else seconds):
                found = await answered(run, inner, view(state), config)
        # What was written counts as written once the state holds it.
        except BaseException:
            run.writing = False
            raise
        run.last = name
        return found

    async def at_work(state: Any, config: RunnableConfig) -> Any:
        run = config["configurable"].get(RUN)
        if not isinstance(run, TurnAttempt):
            return over_whole(await inner.ainvoke(view(state), config))
        async with run.place():
            found = await entered(run, state, config)
        return over_whole(found)

    return plainly(at_work)


async def answered(run: TurnAttempt, inner: Any, given: Any, config: RunnableConfig) -> Any:
    """Return what the node gives; where it asks what its run has the answer to, with that answer.

    A node that asks begins anew with its first line, as LangGraph's nodes do.
    """
    try:
        return await inner.ainvoke(given, config)
    except GraphInterrupt as asked:
        answer = run.answer(asked)
        if answer is None:
            raise
        # LangGraph looks for the answer to a node's first question in the first place, and that was asked just now.
        config["configurable"][SCRATCHPAD].resume[:] = [answer, answer]
        return await inner.ainvoke(given, config)


def standing(config: RunnableConfig) -> str | None:
    """Return the node on which the run stands, None where it begins."""
    run = config["configurable"].get(RUN)
    return run.behind if isinstance(run, TurnAttempt) else None

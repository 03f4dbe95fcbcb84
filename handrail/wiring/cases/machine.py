"""The case machine behind a worker's first poll: LangGraph takes a third of a start, and nothing but a turn needs it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from handrail.wiring.cases.order import NodeOrder

if TYPE_CHECKING:
    from graphs.case import CaseGraph
    from graphs.engine.machine import CaseMachine
    from graphs.nodes.case_nodes import CaseNodes
    from handrail.ports import Journal


class LateMachine:
    """Makes the machine in a thread when it is first asked for, and once. `graph`: another one of the nodes."""

    def __init__(self, nodes: CaseNodes, journal: Journal, graph: CaseGraph | None = None) -> None:
        self._nodes, self._journal, self._graph = nodes, journal, graph
        self._order = NodeOrder()
        self._making: asyncio.Task[CaseMachine] | None = None

    async def __call__(self) -> CaseMachine:
        """Return the machine. Raises: whatever is wrong with the graph, each time."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> CaseMachine:
        from graphs.case import build_case_graph
        from graphs.engine.machine import CaseMachine

        return CaseMachine(self._graph or build_case_graph(self._nodes), self._journal, self._order.place)

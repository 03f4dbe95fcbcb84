"""One turn: drives the graph until it ends or asks a person, can be cut short, and goes on where a person was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from temporalio import workflow
from temporalio.langgraph import graph

from graphs.state import CaseState
from handrail.domain.approvals import Decision, HumanRequest
from handrail.domain.errors import HandrailError
from workflows.memory import Suspended

GRAPH = "case"
STEPS = 500
SPINS = 50


class Unserialised:
    """A checkpoint lives as long as its turn, in one process: its values are kept as they are."""

    def dumps_typed(self, obj: Any) -> tuple[str, Any]:
        """The value itself."""
        return "kept", obj

    def loads_typed(self, data: tuple[str, Any]) -> Any:
        """The value itself."""
        return data[1]


class GraphSpins(HandrailError):
    """Nodes follow one another without anything being done: what they would do is done already, so it never ends."""


class GraphChanged(HandrailError):
    """The graph that is deployed now does not ask what the parked case was asked."""


@dataclass(slots=True)
class TurnEnd:
    """The state at the end; with `request`, the graph waits for a person in `node`, reached from `before`."""

    state: CaseState
    request: HumanRequest | None = None
    node: str | None = None
    before: str | None = None

    def suspended(self) -> Suspended:
        """What has to be carried over to go on here."""
        if self.request is None or self.node is None:
            raise GraphChanged("The graph ended; there is nothing to go on with.")
        return Suspended(state=self.state, node=self.node, before=self.before, request_id=self.request.request_id)


class Turn:
    """A compiled graph with its own checkpoints; `running` is the node at work."""

    def __init__(self, steps: int = STEPS) -> None:
        self._steps = steps
        self._graph = graph(GRAPH)
        self._app = self._graph.compile(checkpointer=InMemorySaver(serde=Unserialised()))
        self._thread = 0
        self.running: str | None = None
        self._last: str | None = None

    @property
    def _config(self) -> Any:
        return {"configurable": {"thread_id": str(self._thread)}, "recursion_limit": self._steps}

    @property
    def writing(self) -> bool:
        """Whether the node at work may be letting something out of the house."""
        node = self._graph.nodes.get(self.running or "")
        return bool(node and (node.metadata or {}).get("writes"))

    async def start(self, state: CaseState) -> TurnEnd:
        """Run from the entrance."""
        return await self._drive(state)

    async def resume(self, suspended: Suspended, decision: Decision) -> TurnEnd:
        """Go on with a decision, in the graph as it is now.

        Raises:
            GraphChanged: no way through the new graph leads to the same question.
        """
        for before in self._ways_to(suspended):
            self._thread += 1
            values = {name: getattr(suspended.state, name) for name in CaseState.model_fields}
            await self._app.aupdate_state(self._config, values, as_node=before)
            self._last = before
            if not await self._leads_to_a_question():
                continue
            end = await self._drive(None)
            if end.request is not None and end.request.request_id == suspended.request_id:
                return await self._drive(Command(resume=decision.model_dump(mode="json")))
        raise GraphChanged(f"The graph no longer asks what {suspended.node!r} asked; the decision is kept with the case.")

    async def state(self) -> CaseState | None:
        """The state after the last finished node."""
        values = (await self._app.aget_state(self._config)).values
        return CaseState.model_validate(values) if values else None

    def _ways_to(self, suspended: Suspended) -> list[str]:
        """Nodes to stand on: the one that led to the question then, then those that lead to its node now."""
        edges = self._app.get_graph().edges
        now = [edge.source for edge in edges if edge.target == suspended.node]
        ways = [suspended.before, *now] if suspended.before else now
        return [name for name in dict.fromkeys(ways) if name in self._graph.nodes]

    async def _leads_to_a_question(self) -> bool:
        """Nothing that writes may run before the same question has come again."""
        following = (await self._app.aget_state(self._config)).next
        nodes = [self._graph.nodes[name] for name in following if name in self._graph.nodes]
        return bool(nodes) and not any((node.metadata or {}).get("writes") for node in nodes)

    async def _drive(self, given: Any) -> TurnEnd:
        events: Any = self._app.astream(given, self._config, stream_mode=["tasks", "updates"])
        grown, spun = 0, 0
        async for mode, event in events:
            if mode == "tasks" and "triggers" in event:
                self.running = event["name"]
                length = workflow.info().get_current_history_length()
                grown, spun = length, spun + 1 if length == grown else 0
                if spun > SPINS:
                    raise GraphSpins(f"The graph went through {spun} nodes at one moment, the last was {self.running!r}.")
            elif mode == "updates":
                self._last = next((name for name in event if not name.startswith("__")), self._last)
        snapshot = await self._app.aget_state(self._config)
        state = CaseState.model_validate(snapshot.values)
        asked = [(task.name, one) for task in snapshot.tasks for one in task.interrupts]
        if not asked:
            return TurnEnd(state)
        node, question = asked[0]
        return TurnEnd(state, HumanRequest.model_validate(question.value), node, self._last)

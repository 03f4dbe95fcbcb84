"""The case graph over one channel: what LangGraph promises of nodes, views, reducers and routers holds there, too."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langgraph.graph import END, START
from langgraph.graph import StateGraph as Graph
from langgraph.types import Command
from pydantic import BaseModel, Field

from graphs.case import CaseGraph
from graphs.engine.compact import compact
from graphs.engine.machine import CaseMachine
from graphs.engine.unserialised import in_memory
from graphs.state import CaseState
from handrail.domain.case.handoffs import Fact
from tests.support.fakes import NOON
from tests.support.small import MemoryJournal, turn, wanted


class Steps(BaseModel):
    step: int = 0
    facts: list[Fact] = Field(default_factory=list)


class Private(BaseModel):
    aside: str = ""


def fact(name: str, value: str) -> Fact:
    return Fact(name=name, value=value, source="test", at=NOON)


async def played(graph: CaseGraph) -> CaseState:
    result = await turn(CaseMachine(graph, MemoryJournal()))
    assert result.state
    return result.state


def line(*nodes: Any) -> CaseGraph:
    graph: CaseGraph = Graph(CaseState)
    for node in nodes:
        graph.add_node(node.__name__, node)
    for here, there in zip([START, *(one.__name__ for one in nodes)], [*(one.__name__ for one in nodes), END], strict=True):
        graph.add_edge(here, there)
    return graph


async def test_a_node_sees_its_view_and_its_update_goes_through_the_field_s_reducer() -> None:
    seen: list[Steps] = []

    async def first(state: Steps) -> dict[str, Any]:
        seen.append(state)
        return {"facts": [fact("a", "1"), fact("b", "1")], "unheard_of": 1}

    async def second(state: Steps) -> dict[str, Any]:
        seen.append(state)
        state.facts.clear()
        return {"facts": [fact("a", "2")], "step": state.step + 1}

    state = await played(line(first, second))
    assert [type(one) for one in seen] == [Steps, Steps]
    assert [(one.name, one.value) for one in state.facts] == [("b", "1"), ("a", "2")]
    assert state.step == 1


async def test_what_a_node_writes_is_checked_and_plain_data_becomes_models() -> None:
    async def node(state: Steps) -> dict[str, Any]:
        return {"usage": {"calls": 3}, "step": "4"}

    state = await played(line(node))
    assert (state.usage.calls, state.step) == (3, 4)

    async def wrong(state: Steps) -> dict[str, Any]:
        return {"step": "many"}

    result = await turn(CaseMachine(line(wrong), MemoryJournal()))
    assert result.failure


async def test_a_node_may_give_a_command_with_an_update_and_a_place_to_go_on() -> None:
    graph: CaseGraph = Graph(CaseState)

    async def here(state: Steps) -> Command[Literal["there"]]:
        return Command(update={"step": 5}, goto="there")

    async def there(state: Steps) -> dict[str, Any]:
        return {"feedback": [f"came with {state.step}"]}

    graph.add_node("here", here)
    graph.add_node("there", there)
    graph.add_edge(START, "here")
    state = await played(graph)
    assert state.feedback == ["came with 5"]


async def test_a_router_sees_what_its_node_wrote_in_the_view_that_it_asks_for() -> None:
    graph: CaseGraph = Graph(CaseState)
    asked: list[Steps] = []

    async def count(state: Steps) -> dict[str, Any]:
        return {"step": state.step + 1}

    async def onward(state: Steps) -> Literal["count", "__end__"]:
        asked.append(state)
        return "count" if state.step < 3 else "__end__"

    graph.add_node("count", count)
    graph.add_edge(START, "count")
    graph.add_conditional_edges("count", onward)
    assert (await played(graph)).step == 3
    assert [(type(one), one.step) for one in asked] == [(Steps, 1), (Steps, 2), (Steps, 3)]


def test_a_field_that_only_a_view_has_is_refused_with_its_name() -> None:
    graph: CaseGraph = Graph(CaseState)

    async def node(state: Private) -> dict[str, Any]:
        return {}

    graph.add_node("node", node)
    graph.add_edge(START, "node")
    with pytest.raises(ValueError, match="aside: is in a node's view and not in CaseState"):
        CaseMachine(graph, MemoryJournal())


def test_a_router_that_may_lead_where_its_edge_does_not_is_refused_with_both_names() -> None:
    graph: CaseGraph = Graph(CaseState)

    async def node(state: CaseState) -> dict[str, Any]:
        return {}

    async def onward(state: CaseState) -> Literal["other", "__end__"]:
        return "__end__"

    graph.add_node("node", node)
    graph.add_node("other", node)
    graph.add_edge(START, "node")
    graph.add_edge("other", END)
    graph.add_conditional_edges("node", onward, [END])
    for run in (lambda: CaseMachine(graph, MemoryJournal()), lambda: in_memory(graph)):
        with pytest.raises(ValueError, match="onward: may lead to other, which the edge of node does not list"):
            run()


async def test_a_node_sees_what_the_one_before_it_wrote_as_in_the_graph_itself() -> None:
    async def first(state: Steps) -> dict[str, Any]:
        return {"step": state.step + 1}

    async def second(state: Steps) -> dict[str, Any]:
        return {"feedback": [str(state.step)]}

    start = wanted().state
    plain = await line(first, second).compile().ainvoke(start)
    ours = await compact(line(first, second)).compile().ainvoke(start)
    assert (ours.step, ours.feedback) == (plain["step"], plain["feedback"]) == (1, ["1"])

"""Turns and questions go on in the graph as it is then."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from langgraph.graph import END, START
from langgraph.graph import StateGraph as Graph

from graphs.case import CaseGraph
from graphs.engine.machine import CaseMachine
from graphs.state import CaseState
from graphs.turn import OpenQuestion, TurnResult
from handrail.domain.actions.approvals import HumanRequest
from tests.support.losing import idle, lost_at, reason
from tests.support.small import QUICKLY, World, decision, key, killed, turn, wanted


@pytest.mark.parametrize(
    ("edits", "way"),
    [
        ({"extra": "rule"}, ["extra", "rule", "act"]),
        ({"extra": "act"}, ["rule", "extra", "act"]),
        ({"rule": "check"}, ["check", "act"]),
        ({"rule": None}, ["act"]),
    ],
)
async def test_an_attempt_goes_on_in_the_graph_as_it_is_then(edits: dict[str, Any], way: list[str]) -> None:
    world = World(rounds=1)
    await lost_at(world, "rule")
    world.way.clear()
    result = await turn(world.machine(**edits), attempt=2)
    assert world.way == [*way, "finish"]
    assert result.learned


async def test_where_the_answered_node_is_gone_a_person_gets_the_case_with_what_was_found_out() -> None:
    world = World()
    await lost_at(world, "act")
    world.way.clear()
    result = await turn(world.machine(ask="think"), attempt=2)
    assert (world.way, reason(result)) == ([], "graph_changed")
    assert result.state
    assert result.state.step == 1


async def asked(world: World, **edits: Any) -> tuple[CaseState, OpenQuestion, HumanRequest]:
    """The first question of a turn."""
    result = await turn(world.machine(**edits))
    assert result.state
    assert result.question
    assert result.request
    return result.state, result.question, result.request


async def answered(world: World, state: CaseState, question: OpenQuestion, **edits: Any) -> TurnResult:
    """The turn that goes on with the answer, in another process."""
    world.way.clear()
    request = wanted("t-2", state=state, question=question, decision=decision(question))
    return await turn(world.machine(**edits), request, minutes=1)


async def test_a_question_ends_the_turn_and_its_answer_goes_on_behind_it() -> None:
    world = World(asking=True)
    state, question, request = await asked(world)
    assert (question.node, question.before, question.request_id) == ("approve", "rule", request.request_id)
    second = await answered(world, state, question)
    assert second.question
    assert second.state
    assert world.way == ["approve", "approve", "act", "ask", "rule", "approve"]
    last = await answered(world, second.state, second.question)
    assert last.learned
    assert (len(world.asked), len(world.written), len(world.replies)) == (2, 2, 1)


@pytest.mark.parametrize(
    ("edits", "way"),
    [
        ({"extra": "approve"}, ["extra", "approve", "approve", "act"]),
        ({"extra": "act"}, ["approve", "approve", "extra", "act"]),
        ({"rule": "check"}, ["approve", "approve", "act"]),
        ({"extra": "ask"}, ["approve", "approve", "act"]),
        ({"approve": "confirm"}, ["confirm", "confirm", "act"]),
    ],
)
async def test_an_answer_finds_its_question_in_the_graph_as_it_is_then(edits: dict[str, Any], way: list[str]) -> None:
    world = World(rounds=1, asking=True)
    state, question, _ = await asked(world)
    result = await answered(world, state, question, **edits)
    assert world.way == [*way, "finish"]
    assert result.learned
    assert len(world.asked) == 1


async def test_an_answer_whose_question_is_gone_does_nothing_and_goes_to_a_person() -> None:
    world = World(rounds=1, asking=True)
    state, question, _ = await asked(world)
    result = await answered(world, state, question, approve=None)
    assert reason(result) == "graph_changed"
    assert (world.written, world.replies, len(world.asked)) == ([], [], 1)
    assert result.state
    assert result.state.declined == state.declined, "what was looked at on the way there is no part of the case"


async def test_on_the_way_back_to_a_question_nothing_is_written_and_no_model_asked() -> None:
    """The node before it leads through an effect now, and a model is asked behind that."""
    world = World(rounds=1, asking=True)
    state, question, _ = await asked(world)
    graph: CaseGraph = Graph(CaseState)
    for name, marks in (("rule", {}), ("look", {}), ("act", {"writes": True}), ("ask", {"asks": True}), ("approve", {})):
        does = idle if name == "look" else None
        graph.add_node(name, world.node(name, does), metadata=marks, retry_policy=QUICKLY)
    for here, there in pairwise((START, "rule", "look", "act", "ask", "approve", END)):
        graph.add_edge(here, there)
    world.way.clear()
    request = wanted("t-2", state=state, question=question, decision=decision(question))
    result = await turn(CaseMachine(graph, world.journal), request, minutes=1)
    assert (world.written, len(world.asked)) == ([], 1)
    assert "act" not in world.way
    assert result.learned is None


async def test_a_second_attempt_at_an_answer_acts_on_the_decision_once() -> None:
    world = World(rounds=1, asking=True)
    state, question, _ = await asked(world)
    request = wanted("t-2", state=state, question=question, decision=decision(question))
    there = asyncio.Event()

    async def die(state: CaseState) -> None:
        there.set()
        await asyncio.Event().wait()

    world.after["act"] = die
    await killed(world.machine().begin(request, key("t-2", 1, 1)), there)
    world.after.clear()
    result = await turn(world.machine(), request, attempt=2, minutes=1)
    assert result.learned
    assert (len(world.written), len(world.replies), len(world.asked)) == (1, 1, 1)

"""Failures pass, are tried again, or bring a person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from langgraph.graph import START
from langgraph.graph import StateGraph as Graph
from langgraph.types import RetryPolicy, TimeoutPolicy
from psycopg import OperationalError

from graphs.case import CaseGraph
from graphs.engine.machine import CaseMachine
from graphs.engine.retries import SECONDS, TIMEOUTS, worth_another_try
from graphs.engine.run import SPINS
from graphs.state import CaseState
from handrail.domain.case.turns import TurnSuperseded
from handrail.domain.errors import (
    BusinessFailed,
    EffectConflict,
    InvalidInput,
    ModelRejected,
    ModelUnavailable,
    NotReached,
    OutcomeUnknown,
    SwitchedOff,
)
from tests.support.losing import idle, once, reason
from tests.support.small import World, key, turn, wanted


@pytest.mark.parametrize("name", ["ask", "rule", "act", "finish"])
async def test_what_passes_is_tried_again(name: str) -> None:
    world = World(rounds=1)
    once(world, name, OSError("away"), times=2)
    result = await turn(world.machine())
    assert result.learned
    assert world.way.count(name) == 3


PERMANENT = [
    ValueError("a defect"),
    KeyError("a defect"),
    InvalidInput("no"),
    BusinessFailed("no"),
    EffectConflict("no"),
    SwitchedOff("off"),
    ModelRejected("no"),
    TurnSuperseded("no"),
]


@pytest.mark.parametrize("error", PERMANENT, ids=lambda one: type(one).__name__)
def test_what_no_repetition_mends_is_not_tried_again(error: Exception) -> None:
    assert not worth_another_try(error)


async def test_what_is_permanent_goes_to_a_person_at_once_with_what_was_found_out() -> None:
    world = World()
    once(world, "act", ValueError("a defect"))
    result = await turn(world.machine())
    assert (world.way, reason(result), result.node) == (["ask", "rule", "act"], "action_failed", "act")
    assert result.state
    assert result.state.step == 1


NOBODY_KNOWS = [
    (OutcomeUnknown("The answer was lost."), "outcome_unknown"),
    (OperationalError("the connection broke at the commit"), "outcome_unknown"),
    (NotReached("Nothing was sent."), "action_failed"),
    (BusinessFailed("It failed."), "action_failed"),
]


@pytest.mark.parametrize(("error", "expected"), NOBODY_KNOWS, ids=lambda one: type(one).__name__)
async def test_what_may_have_been_done_is_told_apart_from_what_was_not(error: Exception, expected: str) -> None:
    world = World()
    once(world, "act", error, times=99)
    assert reason(await turn(world.machine())) == expected


async def test_what_does_not_pass_goes_to_a_person_in_the_end() -> None:
    world = World()
    once(world, "rule", OSError("away"), times=99)
    result = await turn(world.machine())
    assert (world.way.count("rule"), reason(result)) == (3, "graph_error")


async def test_a_model_that_is_away_is_for_who_runs_the_turn() -> None:
    world = World()
    once(world, "ask", ModelUnavailable("away", 12.0))
    run = world.machine().begin(wanted(), key())
    with pytest.raises(ModelUnavailable):
        await run.go()
    assert (world.way, run.step) == (["ask"], "ask 0")


async def test_a_step_has_its_own_name_every_time_the_model_is_asked() -> None:
    world = World()
    steps = []
    run = world.machine().begin(wanted(), key())

    async def look(state: CaseState) -> None:
        steps.append(run.step)

    world.before["ask"] = look
    await run.go()
    assert steps == ["ask 0", "ask 1"]


async def test_a_node_that_hangs_is_given_up_and_tried_again() -> None:
    world = World()

    async def hang(state: CaseState) -> None:
        await asyncio.Event().wait()

    world.before["rule"] = hang
    result = await turn(world.machine(timeout=TimeoutPolicy(run_timeout=timedelta(milliseconds=20))))
    assert (world.way.count("rule"), reason(result)) == (3, "graph_error")


async def test_every_node_is_bounded_in_tries_and_time() -> None:
    world = World()
    for name, node in world.machine(retries=None).nodes.items():
        assert isinstance(node.retry_policy, RetryPolicy), name
    assert all(0 < seconds <= 600 for seconds in (SECONDS, *TIMEOUTS.values()))


async def test_a_try_that_takes_too_long_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphs.engine.machine.SECONDS", 0.05)
    tried: list[str] = []

    async def hangs_once(state: CaseState) -> dict[str, object]:
        tried.append("tried")
        if len(tried) == 1:
            await asyncio.sleep(3_600)
        return {"feedback": []}

    world = World()
    graph: CaseGraph = Graph(CaseState)
    graph.add_node("here", hangs_once)
    graph.add_edge(START, "here")
    await turn(CaseMachine(graph, world.journal))
    assert tried == ["tried", "tried"]


async def test_nodes_in_a_circle_are_noticed() -> None:
    world = World()
    graph: CaseGraph = Graph(CaseState)
    graph.add_node("here", world.node("here", idle))
    graph.add_node("there", world.node("there", idle))
    graph.add_edge(START, "here")
    graph.add_edge("here", "there")
    graph.add_edge("there", "here")
    result = await turn(CaseMachine(graph, world.journal))
    assert (reason(result), len(world.way)) == ("graph_error", SPINS)


async def test_a_graph_that_ends_without_an_outcome_is_no_end() -> None:
    world = World(rounds=1)
    result = await turn(world.machine(finish=None))
    assert (result.learned, result.failure, bool(result.state)) == (None, None, True)

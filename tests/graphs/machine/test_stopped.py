"""A turn that is stopped at any moment keeps what was written."""

from __future__ import annotations

import asyncio

import pytest

from graphs.case import build_case_graph
from graphs.engine.machine import CaseMachine
from graphs.state import CaseState
from graphs.turn import TurnResult
from handrail.domain.case.cases import Commit
from handrail.domain.errors import (
    ModelUnavailable,
)
from tests.support.fakes import FakeCases, Stage, calls, heard, says
from tests.support.losing import WHOLE, once
from tests.support.small import MemoryJournal, World, key, wanted


async def stopped_in(world: World, name: str, *, after: bool = False) -> tuple[TurnResult, list[str]]:
    """The turn, stopped while the node is at work the first time, and the nodes that had begun by then."""
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        there.set()
        await go.wait()

    (world.after if after else world.before)[name] = wait
    run = world.machine().begin(wanted(), key())
    going = asyncio.create_task(run.go())
    await asyncio.wait_for(there.wait(), 30)
    way = list(world.way)
    stopping = asyncio.create_task(run.stop(going))
    for _ in range(50):
        await asyncio.sleep(0)
    if world.machine().is_marked(name, "writes"):
        assert not stopping.done(), "what writes is let finish"
        go.set()
    result = await asyncio.wait_for(stopping, 30)
    assert going.done()
    return result, way


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["ask", "rule", "act", "finish"])
async def test_no_node_begins_behind_a_stop_and_what_was_finished_is_kept(name: str, after: bool) -> None:
    world = World(rounds=1)
    result, way = await stopped_in(world, name, after=after)
    assert world.way == way
    known = result.learned or result.state
    assert known
    assert [one.effect_id for one in known.effects] == [name for _, name in world.written]
    assert bool(result.learned) == (name == "finish"), "a turn that has ended says so, also to who stopped it"
    if result.state:
        assert result.node == name
        assert result.state.key is None
        assert result.state.step == len(world.journal.noted)


async def test_at_whatever_moment_it_is_stopped_what_was_written_is_known() -> None:
    """Stopped at every single turn of the event loop, from the first to the last."""
    world, seen = World(), set()
    machine = world.machine()
    for moment in range(400):
        name = f"c-{moment}"
        world.way.clear()
        run = machine.begin(wanted(case_id=name), key())
        going = asyncio.create_task(run.go())
        for _ in range(moment):
            await asyncio.sleep(0)
        over = going.done()
        result = await run.stop(going)
        way, known = list(world.way), result.learned or result.state
        for _ in range(20):
            await asyncio.sleep(0)
        assert world.way == way, moment
        assert known
        assert [one.effect_id for one in known.effects] == [wrote for whose, wrote in world.written if whose == name], moment
        assert bool(result.learned) == (name in dict(world.replies)), moment
        if result.state and name in world.journal.rows:
            assert result.state.step == (world.journal.rows[name].entry.state or {})["step"], moment
        seen.add(tuple(way))
        if over:
            break
    else:
        pytest.fail("the turn did not end")
    assert len(seen) == len(WHOLE) + 1, "stopped in front of, and behind, each of them"


async def test_at_whatever_moment_the_case_graph_is_stopped_what_was_paid_is_known() -> None:
    """The real nodes over a small bank: a look-up, a payment, a reply."""
    for moment in range(0, 1_000, 7):
        stage = Stage(calls(("balance", {})), calls(("pay", {"amount": 80})), says("We paid 80."))
        journal = MemoryJournal()
        stage.cases = Ending(journal)
        machine = CaseMachine(build_case_graph(stage.nodes()), journal)
        state = wanted().state.model_copy(update={"incoming": [heard("pay")]})
        run = machine.begin(wanted(state=state), key())
        going = asyncio.create_task(run.go())
        for _ in range(moment):
            await asyncio.sleep(0)
        over = going.done()
        result = await run.stop(going)
        known = result.learned or result.state
        assert known
        assert [one.arguments["amount"] for one in known.effects] == stage.amounts, moment
        assert bool(result.learned) == any(commit.turn for commit in stage.cases.commits), moment
        if over:
            assert result.learned
            return
    pytest.fail("the turn did not end")


class Ending(FakeCases):
    """Cases whose commit ends the turn in the journal, as PostgreSQL's does."""

    def __init__(self, journal: MemoryJournal) -> None:
        super().__init__()
        self._journal = journal

    async def commit(self, commit: Commit) -> None:
        if commit.turn:
            self._journal.end(commit.row.case_id, commit.turn)
        await super().commit(commit)


async def test_a_model_that_fails_as_it_is_stopped_keeps_nobody_waiting() -> None:
    world = World()
    run = world.machine().begin(wanted(), key())
    once(world, "ask", ModelUnavailable("away"))
    going = asyncio.create_task(run.go())
    await asyncio.wait([going])
    result = await run.stop(going)
    assert result.state
    assert result.node == "ask"

"""The graph at work: journalled, taken up again by the next attempt, stopped at any moment, many turns side by side."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from langgraph.graph import END, START
from langgraph.graph import StateGraph as Graph
from langgraph.types import RetryPolicy, TimeoutPolicy

from graphs.case import CaseGraph, build_case_graph
from graphs.engine.machine import CaseMachine
from graphs.engine.retries import SECONDS, TIMEOUTS, worth_another_try
from graphs.engine.run import SPINS, JournalAway
from graphs.state import CaseState
from graphs.turn import OpenQuestion, TurnResult
from handrail.domain.actions.approvals import HumanRequest
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.turns import TurnSuperseded
from handrail.domain.errors import (
    BusinessFailed,
    EffectConflict,
    InvalidInput,
    ModelRejected,
    ModelUnavailable,
    SwitchedOff,
)
from tests.support.fakes import FakeCases, Stage, calls, heard, says
from tests.support.small import QUICKLY, MemoryJournal, World, decision, key, killed, turn, wanted

WHOLE = ["ask", "rule", "act", "ask", "rule", "act", "finish"]


def reason(result: TurnResult) -> str | None:
    return result.failure.reason if result.failure else None


def once(world: World, name: str, error: Exception, *, times: int = 1) -> None:
    """Have the node fail the next `times`, before it does anything."""
    left = [error] * times

    async def fail(state: CaseState) -> None:
        if left:
            raise left.pop()

    world.before[name] = fail


async def lost_at(world: World, name: str, *, round: int = 1, after: bool = False, **edits: Any) -> None:
    """A first attempt at the turn whose worker dies where the node begins, or where it has done its work."""
    there = asyncio.Event()

    async def die(state: CaseState) -> None:
        if state.step >= round:
            there.set()
            await asyncio.Event().wait()

    (world.after if after else world.before)[name] = die
    await killed(world.machine(**edits).begin(wanted(), key()), there)
    world.before.clear()
    world.after.clear()


# What is written down, and when


async def test_a_turn_runs_to_its_end_and_is_told_of_it() -> None:
    world = World()
    result = await turn(world.machine())
    assert world.way == WHOLE
    assert result.learned
    assert result.learned.outcome
    assert (result.learned.outcome.status, result.state) == (CaseStatus.RESOLVED, None)
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 2"]


async def test_every_answer_is_noted_once_and_before_anything_comes_of_it() -> None:
    world = World()
    world.journal.hold = asyncio.Event()
    going = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(world.journal.entered.wait(), 5)
    for _ in range(200):
        await asyncio.sleep(0)
    assert world.way == ["ask"]
    world.journal.hold.set()
    await going
    noted = [(entry.node, (entry.state or {})["step"]) for _, _, entry in world.journal.noted]
    assert noted == [("ask", 1), ("ask", 2)]


async def test_an_answer_that_cannot_be_noted_comes_to_nothing_and_is_tried_again_as_a_whole() -> None:
    world = World()

    async def gone(state: CaseState) -> None:
        world.journal.away = True

    world.before["ask"] = gone
    with pytest.raises(JournalAway):
        await turn(world.machine())
    assert (world.way, world.written) == (["ask"], [])


@pytest.mark.parametrize("request_", [{"attempt": 2}, {"lost": "t-0"}])
async def test_a_journal_that_cannot_be_read_starts_nothing(request_: dict[str, Any]) -> None:
    world = World()
    world.journal.away = True
    with pytest.raises(JournalAway):
        await turn(world.machine(), wanted(lost=request_.get("lost")), attempt=request_.get("attempt", 1))
    assert world.way == []


# The next attempt


@pytest.mark.parametrize(("name", "after"), [("rule", False), ("rule", True), ("act", False), ("act", True)])
async def test_a_second_attempt_goes_on_behind_the_answer(name: str, after: bool) -> None:
    world = World()
    await lost_at(world, name, after=after)
    world.way.clear()
    result = await turn(world.machine(), attempt=2)
    assert world.way == WHOLE[1:]
    assert (len(world.asked), len(world.written), len(world.replies)) == (2, 2, 1)
    assert result.learned
    assert not result.recovered


async def test_an_answer_that_was_not_noted_is_asked_for_again() -> None:
    world = World()
    await lost_at(world, "ask", round=1, after=True)
    world.way.clear()
    await turn(world.machine(), attempt=2)
    assert world.way == WHOLE[1:], "the first answer stood, the second did not"
    assert (len(world.asked), len(world.written)) == (3, 2)


async def test_an_attempt_behind_the_end_returns_it_and_runs_nothing() -> None:
    world = World()
    await lost_at(world, "finish", round=2, after=True)
    world.way.clear()
    result = await turn(world.machine(), attempt=2)
    assert (world.way, world.journal.rows["c-1"].key.attempt) == ([], 1)
    assert result.learned
    assert result.learned.outcome
    assert not result.recovered


@pytest.mark.parametrize("where", ["ask", "finish"])
async def test_an_attempt_that_another_has_overtaken_stops(where: str) -> None:
    """It is held where it is about to write; the next attempt runs to the end meanwhile."""
    world = World()
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.before.clear()
        there.set()
        await go.wait()

    world.before[where] = wait
    late = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(there.wait(), 5)
    first = await turn(world.machine(), attempt=2)
    replies, written = len(world.replies), list(world.written)
    go.set()
    async with asyncio.timeout(5):
        assert await late == first
    assert (len(world.replies), world.written) == (replies, written)


async def test_an_attempt_that_a_running_one_has_overtaken_says_so() -> None:
    world = World()
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.after.clear()
        there.set()
        await go.wait()

    world.after["ask"] = wait
    late = asyncio.create_task(turn(world.machine()))
    await asyncio.wait_for(there.wait(), 5)
    await lost_at(world, "act")  # the same attempt's number is taken by hand below
    kept = world.journal.rows["c-1"]
    kept.key = kept.key.model_copy(update={"attempt": 2})
    go.set()
    with pytest.raises(TurnSuperseded):
        await asyncio.wait_for(late, 5)
    assert world.replies == []


# The turn before, of which nobody heard the end


async def test_the_end_of_a_lost_turn_is_the_answer() -> None:
    world = World()
    await turn(world.machine(), wanted("t-0"))
    world.way.clear()
    result = await turn(world.machine(), wanted("t-1", lost="t-0"), minutes=1)
    assert (world.way, result.recovered, len(world.replies)) == ([], True, 1)
    assert result.learned
    assert result.learned.outcome


async def test_what_a_lost_turn_found_out_is_taken_over() -> None:
    world = World()
    await lost_at(world, "rule", round=2)
    world.way.clear()
    request = wanted("t-2", lost="t-1")
    row = request.state.row.model_copy(update={"turn": 2})
    request = request.model_copy(update={"state": request.state.model_copy(update={"row": row, "sequence": 7})})
    result = await turn(world.machine(), request, minutes=1)
    assert result.learned
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 3"]
    assert result.learned.row.turn == 2


async def test_a_lost_turn_that_left_nothing_changes_nothing() -> None:
    world = World()
    result = await turn(world.machine(), wanted("t-2", lost="t-1"))
    assert result.learned
    assert world.way == WHOLE


@pytest.mark.parametrize("noted", [False, True])
async def test_a_lost_turn_that_is_still_alive_somewhere_cannot_end_beside_the_new_one(noted: bool) -> None:
    """Both are held where they are about to answer, the lost one is let go first."""
    world = World(rounds=1)
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        world.before.clear()
        there.set()
        await go.wait()

    world.before["finish"] = wait
    zombie = asyncio.create_task(turn(world.machine(), wanted("t-1")))
    await asyncio.wait_for(there.wait(), 5)
    if not noted:
        world.journal.rows.clear()
    ready, last = asyncio.Event(), asyncio.Event()

    async def hold(state: CaseState) -> None:
        world.before.clear()
        ready.set()
        await last.wait()

    world.before["ask"] = hold
    new = asyncio.create_task(turn(world.machine(), wanted("t-2", lost="t-1"), minutes=1))
    await asyncio.wait_for(ready.wait(), 5)
    go.set()
    with pytest.raises(TurnSuperseded):
        await asyncio.wait_for(zombie, 5)
    last.set()
    assert (await asyncio.wait_for(new, 5)).learned
    assert len(world.replies) == 1


async def test_a_second_attempt_behind_a_lost_turn_takes_over_the_same() -> None:
    world = World()
    await lost_at(world, "rule", round=2)
    there = asyncio.Event()

    async def die(state: CaseState) -> None:
        there.set()
        await asyncio.Event().wait()

    world.before["ask"] = die
    request = wanted("t-2", lost="t-1")
    await killed(world.machine().begin(request, key("t-2", 1, 1)), there)
    world.before.clear()
    world.way.clear()
    result = await turn(world.machine(), request, attempt=2, minutes=1)
    assert result.learned
    assert world.way[0] == "ask", "from the entrance"
    assert [one.effect_id for one in result.learned.effects] == ["c-1 1", "c-1 3"]
    world.way.clear()
    again = await turn(world.machine(), request, attempt=3, minutes=1)
    assert (world.way, again.recovered, again.learned) == ([], False, result.learned)


# Stopped


async def stopped_in(world: World, name: str, *, after: bool = False) -> tuple[TurnResult, list[str]]:
    """The turn, stopped while the node is at work the first time, and the nodes that had begun by then."""
    there, go = asyncio.Event(), asyncio.Event()

    async def wait(state: CaseState) -> None:
        there.set()
        await go.wait()

    (world.after if after else world.before)[name] = wait
    run = world.machine().begin(wanted(), key())
    going = asyncio.create_task(run.go())
    await asyncio.wait_for(there.wait(), 5)
    way = list(world.way)
    stopping = asyncio.create_task(run.stop(going))
    for _ in range(50):
        await asyncio.sleep(0)
    if world.machine().is_marked(name, "writes"):
        assert not stopping.done(), "what writes is let finish"
        go.set()
    result = await asyncio.wait_for(stopping, 5)
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


# What goes wrong


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


async def idle(state: CaseState) -> dict[str, Any]:
    return {"absent": []}


# The graph is edited meanwhile


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


# Side by side


async def test_cases_on_one_machine_share_nothing() -> None:
    """Fifty cases interleaved at every node come out as each does alone."""
    many = World()
    names = [f"c-{number}" for number in range(50)]

    async def step_aside(state: CaseState) -> None:
        for _ in range(int(state.row.case_id[2:]) % 7):
            await asyncio.sleep(0)

    many.before = dict.fromkeys(("ask", "rule", "act", "finish"), step_aside)
    machine = many.machine()
    together = await asyncio.gather(*(turn(machine, wanted(f"t-{name}", name)) for name in names))
    alone = World().machine()
    for name, result in zip(names, together, strict=True):
        assert result == await turn(alone, wanted(f"t-{name}", name))
    assert (sorted(many.asked), len(many.replies)) == (sorted(names * 2), 50)


@pytest.mark.parametrize("asking", [False, True])
async def test_nothing_is_left_of_runs_that_are_over(asking: bool) -> None:
    world = World(rounds=1, asking=asking)
    machine = world.machine()
    for number in range(20):
        name = f"c-{number}"
        result = await turn(machine, wanted(f"t-{name}", name))
        if asking:
            assert result.state
            assert result.question
            question = result.question.model_copy(update={"before": "rule" if number % 2 else "gone"})
            request = wanted(f"u-{name}", name, state=result.state, question=question, decision=decision(question))
            result = await turn(machine, request, minutes=1)
        assert result.learned
    once(world, "rule", ValueError("a defect"))
    await turn(machine, wanted("t-x", "c-x"))
    run = machine.begin(wanted("t-y", "c-y"), key("t-y"))
    await run.stop(asyncio.create_task(run.go()))
    saver = machine.saver
    assert (dict(saver.storage), dict(saver.writes), dict(saver.blobs)) == ({}, {}, {})

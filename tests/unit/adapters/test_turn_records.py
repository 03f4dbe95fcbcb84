"""A turn that goes on with a decision records it before anything comes of it, however long the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from psycopg import OperationalError
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities import turns
from activities.turns import TurnActivities
from activities.waits import Waits
from graphs.engine.machine import CaseMachine
from graphs.engine.run import TurnAttempt
from graphs.state import HandBackNote
from graphs.turn import TurnRequest, TurnResult
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.case.cases import Commit
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.turns import TurnSuperseded
from handrail.domain.errors import CaseConflict
from handrail.domain.llm.health import Tries
from handrail.ports import Cases
from tests.postgres.build import NOON
from tests.support.small import wanted

TRIES = Tries(calls=1, waiting=timedelta(seconds=1))


class Record:
    """Refuses with each of `errors` first; notes what was written."""

    def __init__(self, errors: Iterable[Exception], log: list[str]) -> None:
        self.errors, self.log, self.held = list(errors), log, list[EffectResult]()

    async def effects(self, case_id: str) -> list[EffectResult]:
        return self.held

    async def commit(self, commit: Commit) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.log.append("recorded")


class Machine:
    """Runs a turn of which only the log is left."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def begin(self, request: TurnRequest, key: Any) -> TurnAttempt:
        return cast(TurnAttempt, self)

    async def go(self) -> TurnResult:
        self.log.append("went on")
        return TurnResult(node="act")

    async def stop(self, going: asyncio.Task[TurnResult]) -> TurnResult:
        going.cancel()
        await asyncio.wait([going])
        return TurnResult(node="stopped")

    node: str | None = None


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "FIRST_PAUSE", 0.001)


def made(log: list[str], *errors: Exception) -> TurnActivities:
    async def machine() -> CaseMachine:
        return cast(CaseMachine, Machine(log))

    return over(machine, log, *errors)


def over(machine: Callable[[], Awaitable[CaseMachine]], log: list[str], *errors: Exception) -> TurnActivities:
    return TurnActivities(machine, cast(Cases, Record(errors, log)), TRIES)


def asked(*, deciding: bool = True) -> TurnRequest:
    plain = wanted()
    return wanted(commit=Commit(row=plain.state.row)) if deciding else plain


async def test_what_was_decided_stands_before_the_turn_goes_on() -> None:
    log: list[str] = []
    result = await ActivityEnvironment().run(made(log).turn, asked())
    assert (log, result.recorded) == (["recorded", "went on"], True)


async def test_it_waits_for_a_database_that_is_away() -> None:
    log: list[str] = []
    result = await ActivityEnvironment().run(made(log, *[OperationalError("away")] * 4).turn, asked())
    assert (log, result.recorded) == (["recorded", "went on"], True)


async def test_what_was_decided_stands_where_the_turn_has_lost_its_case() -> None:
    log: list[str] = []
    result = await ActivityEnvironment().run(made(log, TurnSuperseded("another attempt goes on")).turn, asked())
    assert (log, result.recorded) == (["recorded", "went on"], True)


async def test_nothing_comes_of_a_decision_that_another_case_stands_in_the_way_of() -> None:
    log: list[str] = []
    with pytest.raises(CaseConflict):
        await ActivityEnvironment().run(made(log, CaseConflict("other content")).turn, asked())
    assert log == []


async def test_a_turn_cut_short_meanwhile_says_that_nothing_was_recorded() -> None:
    log: list[str] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: None
    going = asyncio.create_task(environment.run(made(log, *[OperationalError("away")] * 10_000).turn, asked()))
    await asyncio.sleep(0.05)
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    result = await going
    assert (log, result.node, result.recorded) == ([], "stopped", False)


async def test_a_turn_without_a_decision_records_nothing() -> None:
    log: list[str] = []
    result = await ActivityEnvironment().run(made(log).turn, asked(deciding=False))
    assert (log, result.recorded) == (["went on"], False)


DONE = EffectResult(effect_id="e-1", action="pay", arguments={}, status=EffectStatus.APPLIED, applied_at=NOON)


@pytest.mark.parametrize(
    ("change", "held", "stops"),
    [
        ({}, [], True),
        ({}, [DONE], False),
        ({}, [DONE.model_copy(update={"status": EffectStatus.REFUSED})], True),
        ({"person": HandBackNote(name="ann", note="I looked.")}, [], False),
        ({"escalation": Escalation(reason="risk", words="A person, please.")}, [], False),
        ({"effects": [DONE.model_copy(update={"status": EffectStatus.REFUSED})]}, [], False),
    ],
)
async def test_a_turn_stops_where_the_ledger_lost_what_the_case_has_seen(
    change: dict[str, Any], held: list[EffectResult], stops: bool
) -> None:
    log: list[str] = []

    async def machine() -> CaseMachine:
        return cast(CaseMachine, Machine(log))

    record = Record([], log)
    record.held = held
    request = asked()
    state = request.state.model_copy(update={"effects": [DONE], **change})
    request = request.model_copy(update={"state": state})
    result = await ActivityEnvironment().run(TurnActivities(machine, cast(Cases, record), TRIES).turn, request)
    assert log == (["recorded"] if stops else ["recorded", "went on"])
    assert result.recorded
    assert (result.failure.reason if result.failure else None) == ("effect_lost" if stops else None)
    if stops and result.failure:
        assert "pay (e-1)" in result.failure.words
        assert result.state == state


def test_the_commit_travels_whole() -> None:
    request = asked()
    assert TurnRequest.model_validate_json(request.model_dump_json()) == request


class Progress:
    """A turn at a node."""

    node = "agent"
    entered: Callable[[], None]


@pytest.mark.parametrize(("stays", "soonest", "latest"), [(True, 0.05, 20.0), (False, 0.3, 0.3)])
async def test_a_turn_that_gets_on_beats_less(
    monkeypatch: pytest.MonkeyPatch, stays: bool, soonest: float, latest: float
) -> None:
    monkeypatch.setattr(turns, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(turns, "LONGEST_BEAT_SECONDS", latest)
    environment, beaten, run = ActivityEnvironment(), asyncio.Event(), Progress()
    environment.on_heartbeat = lambda *_: beaten.set()

    async def until_beaten() -> float:
        clock = asyncio.get_running_loop().time
        began = clock()
        beating = asyncio.create_task(turns.Pulse(cast(TurnAttempt, run), Waits()).forever())
        while not beaten.is_set():
            await asyncio.sleep(0)
            if not stays:
                run.entered()
        beating.cancel()
        return clock() - began

    async with asyncio.timeout(20):
        assert await environment.run(until_beaten) >= soonest * 0.99


async def test_a_turn_that_came_late_to_its_first_step_beats_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEAT_SECONDS", 1_000.0)
    monkeypatch.setattr(turns, "LONGEST_BEAT_SECONDS", 2_000.0)
    environment, beaten = ActivityEnvironment(), asyncio.Event()
    environment.on_heartbeat = lambda *_: beaten.set()

    async def until_beaten() -> None:
        beating = asyncio.create_task(turns.Pulse(cast(TurnAttempt, Progress()), Waits(), handed=5_000.0).forever())
        await beaten.wait()
        beating.cancel()

    async with asyncio.timeout(20):
        await environment.run(until_beaten)


async def test_a_turn_that_comes_while_the_graph_is_loaded_waits_and_says_that_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "BEAT_SECONDS", 0.001)
    log: list[str] = []
    beaten = asyncio.Event()

    async def machine() -> CaseMachine:
        await beaten.wait()
        log.append("loaded")
        return cast(CaseMachine, Machine(log))

    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: beaten.set()
    result = await environment.run(over(machine, log).turn, asked())
    assert (log, result.node) == (["loaded", "recorded", "went on"], "act")


async def test_a_turn_cut_short_while_the_graph_is_loaded_ends_at_once() -> None:
    log: list[str] = []

    asked_for = asyncio.Event()

    async def never() -> CaseMachine:
        asked_for.set()
        raise AssertionError(await asyncio.Event().wait())

    environment = ActivityEnvironment()
    going = asyncio.create_task(environment.run(over(never, log).turn, asked()))
    await asked_for.wait()
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    result = await going
    assert (log, result.state, result.recorded) == ([], asked().state, False)


async def test_a_later_attempt_that_is_cut_short_so_claims_nothing_as_the_journal_knows_more() -> None:
    asked_for = asyncio.Event()

    async def never() -> CaseMachine:
        asked_for.set()
        raise AssertionError(await asyncio.Event().wait())

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=2)
    going = asyncio.create_task(environment.run(over(never, []).turn, asked()))
    await asked_for.wait()
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    with pytest.raises(asyncio.CancelledError):
        await going

"""An attempt behind one that was told to wait for its model asks first, and is run only where there is something to run."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from psycopg import OperationalError
from temporalio.activity import ActivityCancellationDetails
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.testing import ActivityEnvironment

from activities.turns import TurnActivities
from activities.waits import Waits
from graphs.engine.machine import CaseMachine
from graphs.engine.resting import ModelRest
from graphs.turn import TurnResult
from handrail.domain.case.cases import CaseRow
from handrail.domain.errors import ModelUnavailable
from handrail.domain.llm.health import Tries
from handrail.ports import Cases
from tests.support.small import wanted
from tests.unit.adapters.test_turn_records import Machine, Record

TRIES = Tries(calls=2, waiting=timedelta(minutes=10))
# It has waited for no time, however long after this file is read its tests run.
TOLD = Waits(node="agent", step="agent 0", waited=1, since=datetime.now(UTC) + timedelta(days=1), told=1, topic="payout")


class Rest:
    """Says how long is left, or fails; notes what it was asked."""

    def __init__(self, left: float | Exception) -> None:
        self.found, self.asked = left, list[tuple[str | None, str]]()
        self.entered, self.hold = asyncio.Event(), asyncio.Event()
        self.hold.set()

    async def left(self, row: CaseRow, node: str) -> float:
        self.asked.append((row.topic, node))
        self.entered.set()
        await self.hold.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Waiting(Machine):
    """Runs a turn whose model says for how long it is to be left alone."""

    step = "agent 0"
    node = "agent"

    def __init__(self, log: list[str], error: ModelUnavailable) -> None:
        super().__init__(log)
        self.error, self.state = error, wanted().state.model_copy(deep=True)
        self.state.row = self.state.row.model_copy(update={"topic": "payout"})

    async def go(self) -> TurnResult:
        self.log.append("ran")
        raise self.error

    def failed(self, error: Exception) -> TurnResult:
        return TurnResult(node="failed")


class Attempt:
    """An attempt of a turn; `log` says whether it was run, `beaten` what it left for the next."""

    def __init__(self, rest: Rest, waits: Waits, *, attempt: int = 2, error: ModelUnavailable | None = None) -> None:
        self.log, self.beaten = list[str](), list[Any]()
        running = Waiting(self.log, error or ModelUnavailable("busy", 5.0))

        async def machine() -> CaseMachine:
            return cast(CaseMachine, running)

        self.environment = ActivityEnvironment()
        info, left = self.environment.info, [waits.model_dump(mode="json")]
        self.environment.info = dataclasses.replace(info, attempt=attempt, heartbeat_details=left)
        self.environment.on_heartbeat = self.beaten.append
        record = cast(Cases, Record([], self.log))
        self.turn = TurnActivities(machine, record, TRIES, rest=cast(ModelRest, rest)).turn

    async def run(self) -> TurnResult:
        return await self.environment.run(self.turn, wanted())

    async def postponed(self) -> ApplicationError:
        with pytest.raises(ApplicationError) as raised:
            await self.run()
        return raised.value

    @property
    def kept(self) -> Waits:
        return Waits.of(self.beaten[-1:])


async def test_while_the_model_is_to_be_left_alone_it_is_postponed_and_not_run() -> None:
    rest = Rest(30.0)
    attempt = Attempt(rest, TOLD)
    error = await attempt.postponed()
    assert (attempt.log, rest.asked) == ([], [("payout", "agent")])
    assert (error.type, error.category) == ("ModelUnavailable", ApplicationErrorCategory.BENIGN)
    assert error.next_retry_delay
    assert error.next_retry_delay >= timedelta(seconds=30)
    assert attempt.kept == TOLD.model_copy(update={"waited": 2, "told": 2})


async def test_a_run_that_is_told_to_wait_says_so_to_the_next_attempt() -> None:
    attempt = Attempt(Rest(0.0), Waits(), attempt=1)
    await attempt.postponed()
    assert attempt.log == ["ran"]
    kept = attempt.kept
    assert (kept.node, kept.step, kept.told, kept.topic, kept.waited) == ("agent", "agent 0", 1, "payout", 1)
    assert kept.since


@pytest.mark.parametrize(
    ("left", "waits", "attempt"),
    [
        (0.0, TOLD, 2),
        (30.0, TOLD, 3),
        (30.0, TOLD.model_copy(update={"told": 0}), 1),
        (30.0, Waits(), 1),
        (OperationalError("away"), TOLD, 2),
    ],
)
async def test_otherwise_it_is_run(left: float | Exception, waits: Waits, attempt: int) -> None:
    made = Attempt(Rest(left), waits, attempt=attempt)
    await made.postponed()
    assert made.log == ["ran"]


async def test_a_call_that_failed_is_no_wait() -> None:
    made = Attempt(Rest(30.0), TOLD, attempt=3, error=ModelUnavailable("away"))
    await made.postponed()
    assert (made.log, made.kept.told, made.kept.failed) == (["ran"], 0, 1)


async def test_whoever_waited_long_enough_is_run_and_ends_with_a_person() -> None:
    long_ago = TOLD.model_copy(update={"since": datetime.now(UTC) - TRIES.waiting})
    made = Attempt(Rest(30.0), long_ago)
    assert ((await made.run()).node, made.log) == ("failed", ["ran"])


async def test_one_that_is_cut_short_while_it_looks_claims_nothing() -> None:
    """It does not say how far the turn had come: the journal knows, and the case asks there."""
    rest = Rest(30.0)
    rest.hold.clear()
    made = Attempt(rest, TOLD)
    going = asyncio.create_task(made.run())
    await rest.entered.wait()
    made.environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    with pytest.raises(asyncio.CancelledError):
        await going
    assert (made.log, made.beaten) == ([], [])

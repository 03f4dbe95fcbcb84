"""The activity that runs a turn: the whole graph, from the customer's message or a person's decision until the case waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.waits import Waits, postponed
from graphs.engine.places import Place, at_once
from graphs.engine.resting import ModelRest
from graphs.turn import TurnRequest, TurnResult
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.case.cases import Commit
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.reconciling import EFFECT_LOST, doubtful_effects, words_of_lost
from handrail.domain.case.turns import TurnKey, TurnSuperseded
from handrail.domain.errors import CaseConflict, ModelUnavailable
from handrail.domain.llm.health import Tries
from handrail.ports import Cases

if TYPE_CHECKING:
    from graphs.engine.machine import CaseMachine
    from graphs.engine.run import TurnAttempt

_log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
BEAT_SECONDS, LONGEST_BEAT_SECONDS = 0.7, 2.0
"""A turn hears that it is to stop with the answer to a heartbeat: so long in one node, and so long from node to node."""
FIRST, TENTH = 1, timedelta(milliseconds=100)


class TurnActivities:
    """Runs turns on the compiled graph; `tries` bounds how often one model step is tried, `place` is where a turn has its run.

    A worker polls before it has loaded the graph; the first turns wait for it. With `rest` a turn that waits for its model is
    run again only once there is something to run it for.
    """

    def __init__(
        self,
        machine: Callable[[], Awaitable[CaseMachine]],
        cases: Cases,
        tries: Tries,
        place: Place = at_once,
        rest: ModelRest | None = None,
    ) -> None:
        self._machine = machine
        self._rest = rest
        self._place = place
        self._cases = cases
        self._tries = tries

    @activity.defn(name="case.turn")
    async def turn(self, wanted: TurnRequest) -> TurnResult:
        """Run one attempt; a cancelled one lets finish what writes and tells how far it came.

        Raises:
            ApplicationError: worth another attempt, of type ModelUnavailable after the time that the model's server asked for.
            JournalAway: PostgreSQL is away; worth another attempt.
        """
        info = activity.info()
        waits = Waits.of(info.heartbeat_details)
        await self._wait_on(wanted, waits, info.attempt)
        try:
            machine = await loaded(self._machine(), waits)
        except asyncio.CancelledError:
            if cut_short() and place_of(info) == FIRST and not wanted.lost:
                return TurnResult(state=wanted.state)
            raise
        key = TurnKey(token=wanted.token, asked_at=info.scheduled_time, attempt=place_of(info))
        run = machine.begin(wanted, key)
        going = asyncio.create_task(self._carry_out(run, wanted, key))
        handed = (datetime.now(UTC) - info.started_time).total_seconds()
        beating = asyncio.create_task(Pulse(run, waits, handed).forever())
        try:
            return await watched(run, going)
        except ModelUnavailable as error:
            here = waits.at(run.node).model_copy(update={"topic": run.state.row.topic})
            self._postpone(error, here, run.step, info.attempt)
            return run.failed(error)
        except TurnSuperseded as error:
            raise ApplicationError(str(error), type=TurnSuperseded.__name__, non_retryable=True) from None
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _wait_on(self, wanted: TurnRequest, waits: Waits, attempt: int) -> None:
        """Postpone the turn again where the attempt before this one was told to wait, and nothing has changed since.

        That attempt had recorded the request's commit before it came to its model. Where anything is otherwise than then, the
        turn is run, and finds out.

        Raises:
            ApplicationError: it waits on, as after a run.
        """
        if self._rest is None or not waits.told or waits.told != attempt - 1:
            return
        row = wanted.state.row.model_copy(update={"topic": waits.topic})
        try:
            left = await self._rest.left(row, waits.node or "")
        except Exception as error:  # noqa: BLE001 - the turn asks the same, and says what is wrong
            _log.warning("a turn that waits for its model is run, as nobody can tell how long: %s", type(error).__name__)
            return
        if left > 0:
            words = f"The model's server asks to be left alone for {left:.0f} s more; nothing was sent."
            self._postpone(ModelUnavailable(words, left, sent=False), waits, waits.step, attempt)

    def _postpone(self, error: ModelUnavailable, waits: Waits, step: str, attempt: int) -> None:
        """Ask for the next attempt, unless enough was tried. Raises: ApplicationError."""
        again = waits.again(error, step, datetime.now(UTC), self._tries)
        if again is None:
            return
        kept, delay = again
        told = kept.model_copy(update={"told": attempt if error.wait else 0})
        activity.heartbeat(told.model_dump(mode="json"))
        raise postponed(error, delay) from None

    async def _carry_out(self, run: TurnAttempt, wanted: TurnRequest, key: TurnKey) -> TurnResult:
        if wanted.commit is not None:
            await self._record(wanted.commit.model_copy(update={"key": key}))
        async with self._place(wanted.state.row.customer_id, wanted.decision is not None):
            result = await self._of_a_restored_record(wanted) or await run.go()
        result = result.since(wanted.state) if wanted.briefly else result
        return result.model_copy(update={"recorded": True}) if wanted.commit else result

    async def _of_a_restored_record(self, wanted: TurnRequest) -> TurnResult | None:
        """Stop where the ledger does not hold an effect that the case has seen: on such a record no agent goes on by itself.

        People do: whoever hands the case back knows of it, and its way to a person is free.
        """
        state = wanted.state
        if state.escalation or state.person or not any(one.status is EffectStatus.APPLIED for one in state.effects):
            return None
        lost = doubtful_effects(state.effects, await self._cases.effects(state.row.case_id))
        if not lost:
            return None
        return TurnResult(state=state, failure=Escalation(reason=EFFECT_LOST, words=words_of_lost(lost)))

    async def _record(self, commit: Commit) -> None:
        """Write the commit, tried for as long as it takes: a database that is down comes back, and no decision is lost.

        Raises:
            CaseConflict: the case stands with other content.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._cases.commit(commit)
            except CaseConflict:
                raise
            except TurnSuperseded:
                # What was decided stands, whoever has the case; the attempt hears of it before it makes anything.
                commit = commit.model_copy(update={"key": None})
                continue
            except Exception as error:  # noqa: BLE001 - as with any other commit of a case
                _log.warning("what was decided is not recorded yet: %s", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def place_of(info: activity.Info) -> int:
    """Return the attempt's place among those at its turn, in tenths of a second since the case asked; `FIRST` at once.

    The server's own count begins anew with `temporal activity reset`, and whoever came before may be alive yet.
    """
    later = info.current_attempt_scheduled_time - info.scheduled_time
    return max(info.attempt, FIRST + later // TENTH)


async def loaded(machine: Awaitable[CaseMachine], waits: Waits) -> CaseMachine:
    """Wait for the machine, and tell the server meanwhile that the turn is alive."""
    loading = asyncio.ensure_future(machine)
    while not (await asyncio.wait([loading], timeout=BEAT_SECONDS))[0]:
        activity.heartbeat(waits.at(None).model_dump(mode="json"))
    return loading.result()


def cut_short() -> bool:
    """Return whether the case cancelled the turn, rather than that the worker stops."""
    why = activity.cancellation_details()
    return bool(why and why.cancel_requested)


async def watched(run: TurnAttempt, going: asyncio.Task[TurnResult]) -> TurnResult:
    """The run's result; where the case cancelled the turn, as far as it came."""
    try:
        return await asyncio.shield(going)
    except asyncio.CancelledError:
        if cut_short():
            return await run.stop(going)
        going.cancel()
        await asyncio.wait([going])
        raise


class Pulse:
    """The heartbeats of a turn: a while after a node began, and again while it is at work; seldom where nodes go by.

    The server counts from when it handed the turn over, `handed` seconds ago: one that comes late to its first step beats at
    once.
    """

    def __init__(self, run: TurnAttempt, waits: Waits, handed: float = 0.0) -> None:
        self._run, self._waits = run, waits
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()
        self._beaten = self._since - min(max(handed, 0.0), LONGEST_BEAT_SECONDS)
        run.entered = self.entered

    def entered(self) -> None:
        """Note that a node begins."""
        self._since = self._clock()

    async def forever(self) -> None:
        """Tell the server that the turn is alive and where it is, until cancelled."""
        while True:
            due = min(max(self._since, self._beaten) + BEAT_SECONDS, self._beaten + LONGEST_BEAT_SECONDS)
            if due > self._clock():
                await asyncio.sleep(due - self._clock())
                continue
            activity.heartbeat(self._waits.at(self._run.node).model_dump(mode="json"))
            self._beaten = self._clock()

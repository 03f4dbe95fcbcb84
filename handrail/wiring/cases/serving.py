"""A worker at work: it polls until it is stopped. `handrail.wiring.cases.worker` says what it is made of."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from temporalio.client import Client, Interceptor
from temporalio.common import WorkerDeploymentVersion
from temporalio.runtime import Runtime
from temporalio.worker import WorkflowRunner

from handrail.background import BackgroundTroubles, Say, build_file, silent, supervised, trouble_file
from handrail.domain.errors import HandrailError
from handrail.llm.server.calls import Calls
from handrail.ports import Clock
from handrail.postgres.autonomy import switch
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.case.standings import PostgresStandings
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool, open_pool
from handrail.seeing.now import Seen
from handrail.settings import Settings
from handrail.temporal import schedules
from handrail.temporal.repair.heal import Healer
from handrail.temporal.repair.reconcile import Reconciler
from handrail.temporal.worker.gauges import OutcomeGauges
from handrail.wiring.cases import collecting
from handrail.wiring.cases.comparing import compare_forever
from handrail.wiring.cases.machine import LateMachine
from handrail.wiring.cases.runners import workflow_runner
from handrail.wiring.cases.worker import Adapters, case_nodes, case_worker, world
from handrail.wiring.connecting import connected, runtime_of
from handrail.wiring.days import observing
from handrail.wiring.days.daily import quality_day
from handrail.wiring.deploys.watching import version_of, watch_forever
from handrail.wiring.logs import begin_logs
from handrail.wiring.loops import serve_async
from handrail.wiring.sealing import EAR, forget_keys, heeding_shreds
from handrail.wiring.seen.around import seen_adapters, seen_nodes
from handrail.wiring.seen.beginning import interceptors as seen_by
from handrail.wiring.seen.beginning import reading, seeing, troubled
from handrail.wiring.seen.lists import define
from handrail.wiring.seen.reading import WORK as FIGURES
from handrail.wiring.seen.turns import SeenTurns

SWITCH = "the ear for the switch"
SCHEDULE = "the schedule of the quality loop"
OUTCOMES = "the outcomes"
KEPT = "the kept outcomes"
TOOLS = "the tools from outside"
DEPLOYMENT = "the deployment"


Run = Callable[[WorkflowRunner], WorkflowRunner]


async def serve(
    settings: Settings, clock: Clock | None = None, run: Run | None = None, interceptors: Sequence[Interceptor] = ()
) -> None:
    """Poll until SIGTERM or SIGINT; what is running then is finished first, for a while. See `worker.main`."""
    stop = listen_for_stop()
    runtime = runtime_of(settings.metrics_address, "HANDRAIL_METRICS_ADDRESS")
    collected = runtime if settings.metrics_address else None
    with seeing(settings, "handrail-worker", collected) as seen:
        around = [*interceptors, *seen_by(seen), *([SeenTurns(seen)] if seen.anything else [])]
        client = await connected(settings, runtime=runtime, interceptors=around)
        pool = await open_pool(settings.database_url.get_secret_value(), size=settings.database_pool)
        try:
            await work(settings, client, pool, stop, Around(clock, run, collected, seen))
        finally:
            await forget_keys(client)
            await pool.close()


@dataclass(frozen=True, slots=True)
class Around:
    """Everything around a worker: another clock or runner, and who looks at it."""

    clock: Clock | None
    run: Run | None
    runtime: Runtime | None
    seen: Seen


async def work(settings: Settings, client: Client, pool: Pool, stop: asyncio.Event, around: Around) -> None:
    """Poll until told to stop. Raises: see `world`."""
    async with world(settings, pool, clock=around.clock) as plain:
        define(around.seen, settings, plain)
        adapters = seen_adapters(plain, around.seen)
        nodes = seen_nodes(case_nodes(adapters, settings.approval_minutes), around.seen)
        runner, day = around.run and around.run(workflow_runner(settings)), quality_day(settings, pool, adapters)
        machine = LateMachine(nodes, adapters.journal)
        version = version_of(settings, adapters)
        tell_build(settings.ready_file, version)
        async with case_worker(client, settings, adapters, nodes, machine, runner, day, version) as worker:
            logging.getLogger("handrail.worker").info("polling")
            # One behind the other: two threads that load the same libraries may wait for each other.
            await machine()
            await adapters.load()
            collecting.settle()
            announce(settings.ready_file)
            async with beside(settings, client, pool, adapters, around, version):
                await stop.wait()
                logging.getLogger("handrail.worker").info("draining for up to %g s", settings.drain_seconds)
                # What goes on beside goes on until the last turn has ended: the switch cuts a model call to the end.
                await worker.shutdown()


@asynccontextmanager
async def beside(
    settings: Settings,
    client: Client,
    pool: Pool,
    adapters: Adapters,
    around: Around,
    version: WorkerDeploymentVersion | None = None,
) -> AsyncIterator[None]:
    """Do what goes on while this worker polls; what goes wrong there stands beside the ready file."""
    from handrail.wiring.days.shadowing import shadowing
    from handrail.wiring.front.webhooks import WORK, delivering
    from handrail.wiring.starting import WORK as BEGIN
    from handrail.wiring.starting import beginning

    file = trouble_file(settings.ready_file) if settings.ready_file else None
    about = BackgroundTroubles(file, troubled(around.seen)).about
    healing, comparing = about("the healer of stranded cases"), about("the reconciler")
    keeping, whose = about(KEPT), about(DEPLOYMENT)
    reconciler = Reconciler(client, PostgresStandings(pool), settings.task_queue)
    healer = Healer(client, reconciler, settings.task_queue)
    async with (
        supervised("the healer of stranded cases", lambda: healer.forever(say=healing), say=healing),
        supervised(
            "the reconciler",
            lambda: compare_forever(reconciler, settings.reconcile_seconds, comparing),
            say=comparing,
        ),
        heeding(settings, adapters.calls, about(SWITCH)),
        scheduling(client, settings.task_queue, about(SCHEDULE)),
        observed(pool, settings.definitions or adapters.business.folder, around.runtime, about(OUTCOMES)),
        shadowing(settings, pool, adapters, about("the shadow")),
        watching_tools(settings, pool, adapters, about(TOOLS)),
        supervised(KEPT, lambda: observing.keep_forever(PostgresOutcomes(pool), keeping), say=keeping),
        delivering(client, settings, pool, about(WORK)),
        beginning(client, settings, pool, about(BEGIN)),
        heeding_shreds(settings, client, about(EAR)),
        reading(around.seen, pool, client, settings, about(FIGURES)),
        supervised(DEPLOYMENT, lambda: watch_forever(client, settings, version, whose), say=whose),
    ):
        yield


def listen_for_stop() -> asyncio.Event:
    """Return an event that the first signal to stop sets; the second ends the process at once, as if it were killed.

    What a killed worker leaves is taken up elsewhere, so nothing is lost by it.
    """
    asked = asyncio.Event()

    def hear(name: signal.Signals) -> None:
        if asked.is_set():
            os._exit(128 + name)
        asked.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, hear, name)
    return asked


def observed(pool: Pool, folder: Path, runtime: Runtime | None, say: Say) -> AbstractAsyncContextManager[None]:
    """Keep the definitions of outcomes in force while this worker polls; export the figures where somebody collects them."""
    gauges, outcomes = OutcomeGauges(runtime) if runtime else None, PostgresOutcomes(pool)
    return supervised(OUTCOMES, lambda: observing.forever(outcomes, folder, gauges, say), say=say)


def watching_tools(
    settings: Settings, pool: Pool, adapters: Adapters, say: Say = silent
) -> AbstractAsyncContextManager[object]:
    """Hold tools from outside against their pins while this worker polls, where the business has any."""
    from handrail.outside.loading import TOOLS_FILE

    folder = settings.definitions or adapters.business.folder
    if not (folder / TOOLS_FILE).exists():
        return nullcontext()
    from handrail.wiring.cases.outside import ToolSwitch, watch_forever

    switch = ToolSwitch(pool, PostgresControls(pool, adapters.business), adapters.topics, adapters.clock)
    return supervised(TOOLS, lambda: watch_forever(folder, switch, say), say=say)


def heeding(settings: Settings, calls: Calls, say: Say = silent) -> AbstractAsyncContextManager[None]:
    """Cut model calls under way as soon as the agent is switched off, for as long as the block lasts."""
    url = settings.database_url.get_secret_value()
    return supervised(SWITCH, lambda: switch.forever(url, calls.look, say), say=say)


def scheduling(client: Client, task_queue: str, say: Say = silent) -> AbstractAsyncContextManager[None]:
    """See to the schedule that begins the business's day, for as long as the block lasts."""
    return supervised(SCHEDULE, lambda: schedules.forever(client, task_queue, say), say=say)


def tell_build(ready_file: Path | None, version: WorkerDeploymentVersion | None) -> None:
    """Tell the supervisor which build this is before it polls, so that it can be deployed while the rest is loaded."""
    if ready_file:
        fresh = build_file(ready_file).with_suffix(".new")
        fresh.write_text(version.build_id if version else "")
        fresh.replace(build_file(ready_file))


def announce(ready_file: Path | None) -> None:
    """Tell the supervisor, and whoever reads the log, that everything can be worked on."""
    logging.getLogger("handrail.worker").info("ready")
    if ready_file:
        ready_file.write_text(str(os.getpid()))


def run_worker(clock: Clock | None = None, run: Run | None = None, interceptors: Sequence[Interceptor] = ()) -> None:
    """Read the settings, then `serve`. Exits with 1 and one line where something it needs is missing or wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.exit(f"worker: {Settings.in_words(error)}")
    begin_logs(settings, "httpx", "httpx2")
    try:
        serve_async(serve(settings, clock, run, interceptors))
    except HandrailError as error:
        sys.exit(f"worker: {error}")

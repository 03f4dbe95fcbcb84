"""The whole run: a throw-away stack with some lanes, and every play on one of them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from handrail.conformance.lane import Lane
from handrail.conformance.player import Result, perform
from handrail.conformance.plays import Play, Suite, play_clock, suite_clock
from handrail.conformance.report import ConformanceReport
from handrail.domain.counting import many
from handrail.embedded.ports import free_block
from handrail.embedded.supervisor import Event, Supervisor, all_or_first_failure
from handrail.embedded.temporal import Temporal
from handrail.outside.loading import brought

Tell = Callable[[str], None]
FOR_TEMPORAL = 4
PER_LANE = 2


@asynccontextmanager
async def lanes(count: int, package: str, suite: Suite, tell: Tell) -> AsyncIterator[list[Lane]]:
    """Lanes that run, over one Temporal server; all of it is gone afterwards.

    Raises:
        StackFailed: a part would not start.
        InvalidInput, DefinitionInvalid: the business's data or files cannot be used.
    """
    business, begins = brought(package), suite_clock(suite)
    os.environ.update(suite.environment)  # the business fills its database in this very process

    def told(event: Event) -> None:
        if event.seconds:
            tell(f"{event.part} {event.what} after {event.seconds:.1f} s")

    with tempfile.TemporaryDirectory(prefix="handrail-conformance-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        base = free_block(FOR_TEMPORAL + PER_LANE * count)
        temporal = Temporal(folder / "temporal.db", base, base + 1, base + 2, base + 3)
        firsts = [base + FOR_TEMPORAL + PER_LANE * number for number in range(count)]
        opened = [
            Lane(number, folder, (first, first + 1), temporal, package, suite.environment, begins)
            for number, first in enumerate(firsts, 1)
        ]
        supervisor = Supervisor([temporal, *(part for lane in opened for part in lane.parts())], folder / "logs", told)
        try:
            await supervisor.start()
            async with all_or_first_failure() as group:
                for lane in opened:
                    group.create_task(lane.open(business))
            tell(f"{many(count, 'worker')} ready")
            yield opened
        finally:
            for lane in opened:
                await lane.close()
            await supervisor.stop()


async def conformance(package: str, suite: Suite, plays: Sequence[Play], workers: int, tell: Tell) -> ConformanceReport:
    """Play everything, on as many lanes as there are `workers`.

    Raises:
        StackFailed, InvalidInput, DefinitionInvalid: see `lanes` and `play_clock`.
    """
    for play in plays:
        play_clock(suite, play)  # a time that is none is told before anything starts
    began = time.monotonic()
    waiting = list(enumerate(plays, 1))[::-1]
    results: dict[int, Result] = {}

    async def work(lane: Lane) -> None:
        while waiting:
            number, play = waiting.pop()
            results[number] = result = await perform(lane, suite, play, f"play-{number}")
            about = f"{play.task}, {play.kind}" if play.kind else play.task
            tell(f"{len(results)}/{len(plays)} task {about}: {result.came} ({result.seconds:.1f} s) {result.words}".rstrip())

    async with lanes(min(workers, max(len(plays), 1)), package, suite, tell) as opened, asyncio.TaskGroup() as group:
        for lane in opened:
            group.create_task(work(lane))
    return ConformanceReport(package, [results[number] for number in sorted(results)], time.monotonic() - began)

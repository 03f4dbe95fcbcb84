"""A process that plays a part of the customers: `python -m handrail.simulation.playing.process`, see `handrail.frames`.

Frames come on standard input: first what to play, then orders, each answered on standard output. Both sides are the same
program, so frames are pickled.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from handrail.frames import answer, ended, frame, give, put, started, taken, until_ready
from handrail.simulation.plan import SimulationPlan
from handrail.simulation.playing.orders import DayOrders, DayPlayed

ARGV = (sys.executable, "-m", "handrail.simulation.playing.process")
ROOT = Path(__file__).parents[3]
START_SECONDS = 300.0
KEEP = "keep"


@dataclass(frozen=True, slots=True)
class CustomersPart:
    """A part of the customers: those whose number leaves `index` when divided by `of`."""

    plan: SimulationPlan
    definitions: Path
    mistaken: Path
    index: int
    of: int


class Players:
    """Processes that play the customers together."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    async def day(self, orders: DayOrders) -> list[DayPlayed]:
        """Play a day in every process at once."""
        return list(await asyncio.gather(*(asked(one, orders) for one in self._processes)))

    async def kept(self) -> list[bytes]:
        """Everything that later days depend on, by process."""
        return list(await asyncio.gather(*(asked(one, KEEP) for one in self._processes)))

    async def restore(self, kept: list[bytes]) -> None:
        """Go back to where it was kept."""
        await asyncio.gather(*(asked(one, body) for one, body in zip(self._processes, kept, strict=True)))


@asynccontextmanager
async def players(plan: SimulationPlan, definitions: Path, mistaken: Path, count: int) -> AsyncIterator[Players]:
    """Start the processes, which train their classifiers; they are ended with the block.

    Raises:
        OSError, asyncio.IncompleteReadError, TimeoutError: one did not start.
    """
    found: list[Process] = []
    try:
        found += [await started(ARGV, ROOT) for _ in range(count)]
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*map(until_ready, found))
            parts = [CustomersPart(plan, definitions, mistaken, index, count) for index in range(count)]
            await asyncio.gather(*(asked(one, part) for one, part in zip(found, parts, strict=True)))
        yield Players(found)
    finally:
        await asyncio.gather(*map(ended, found))


async def asked(process: Process, what: Any) -> Any:
    """Send an order and return the answer. Raises: RuntimeError: the process failed at it."""
    await give(process, pickle.dumps(what))
    found = pickle.loads(await taken(process))  # noqa: S301 - a process of this program
    if isinstance(found, BaseException):
        raise RuntimeError(f"a process that plays failed: {found}") from found
    return found


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each order, in their order, until there are no more."""
    asyncio.run(_served(source, sink))


async def _served(source: BinaryIO, sink: BinaryIO) -> None:
    # Here and not above: whoever starts such a process loads none of this.
    from handrail.simulation.playing.shard import Shard
    from handrail.simulation.playing.stage import SimulatedStage
    from handrail.wiring.cases.collecting import settle

    shard: Shard | None = None
    while (given := frame(source)) is not None:
        wanted = pickle.loads(given)  # noqa: S301 - from the process that started this one
        answered: object = None
        try:
            if isinstance(wanted, CustomersPart):
                stage = SimulatedStage(wanted.plan, wanted.definitions, wanted.mistaken)
                await stage.load()
                shard = Shard(stage, wanted.index, wanted.of)
                settle()
            elif shard is not None and isinstance(wanted, DayOrders):
                answered = await shard.day(wanted)
            elif shard is not None and wanted == KEEP:
                answered = shard.kept()
            elif shard is not None:
                shard.restore(wanted)
        except Exception as error:  # noqa: BLE001 - whoever asked has to hear of it
            answered = RuntimeError(f"{type(error).__name__}: {error}")
        put(sink, pickle.dumps(answered))


if __name__ == "__main__":
    from handrail.simulation.playing.process import serve as serving  # pickled names are this module's, not __main__'s

    answer(0, os.getpid, serving)

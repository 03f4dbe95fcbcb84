"""Two builds that take turns every so many seconds under load, each start, promotion and stop as an operator would do it."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from handrail.domain.base import Stored
from handrail.drills.chaos.log import OperationLog
from handrail.drills.chaos.parts import KillableParts
from handrail.drills.chaos.paths import ONLY_CLIENT
from handrail.drills.chaos.plan import SPACING, ChaosPlan, PlannedSwitch, planned
from handrail.drills.chaos.results import ChaosReport, report
from handrail.drills.chaos.run import Drilled
from handrail.drills.chaos.stack import ChaosServers, ChaosStack, running
from handrail.drills.deploys.builds import Build, edited_build, this_build
from handrail.drills.queries import read
from handrail.embedded.process import Component, StackFailed
from handrail.embedded.worker import RUN, Worker

SAMPLE = "20"
"""Open cases that are replayed before each promotion."""
ELSEWHERE = "change_address"
"""A topic that no customer of the drill asks about."""
MOST = 0.005
"""Share of the cases that may reach a person because of a deployment."""
Tell = Callable[[str], None]


class Alternation(Stored):
    """A deployment of the drill: the build, seconds until its worker polled and until it was current, and its words."""

    number: int
    build: str
    started: float
    promoted: float
    words: str


class AlternationReport(Stored):
    """A drill. `to_people` are cases that a person got because a deployment changed what they stood on."""

    seed: int
    every: float
    deploys: list[Alternation]
    to_people: list[str]
    load: ChaosReport

    @property
    def share(self) -> float:
        """Return the share of cases that reached a person because of a deployment."""
        return len(self.to_people) / max(self.load.cases, 1)

    @property
    def passed(self) -> bool:
        """Return whether nothing was lost or stuck, and few enough cases reached a person."""
        return self.load.passed and self.share < MOST


def load_of(seconds: float, seed: int, cases: int | None = None) -> ChaosPlan:
    """Return the load: so many customers, by default as many as `chaos` has, and nobody throws a switch that they notice."""
    plan = planned(max(1, round(seconds / SPACING)) if cases is None else cases, 0, seed, paths=ONLY_CLIENT)
    slower = seconds / max(plan.cases[-1].at, 1.0) if cases else 1.0
    people = [one.model_copy(update={"at": round(one.at * slower, 3)}) for one in plan.cases]
    return plan.model_copy(update={"cases": people, "switch": PlannedSwitch(topic=ELSEWHERE, off=0, on=1)})


async def alternate(
    seconds: float, every: float, seed: int, tell: Tell, keep: Path | None = None, cases: int | None = None
) -> AlternationReport:
    """Let customers write for so long while the builds take turns, then hold everything against the invariants.

    Raises:
        StackFailed: a part would not start, or a build did not pass its gate.
    """
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    began, operations = time.monotonic(), OperationLog(None)
    plan = load_of(seconds, seed, cases)
    with tempfile.TemporaryDirectory(prefix="handrail-deploys-", ignore_cleanup_errors=True) as name:
        folder = keep or Path(name)
        builds = (this_build(), edited_build(folder / "edited"))
        async with opened(folder / "stack", builds) as (stack, turns):
            await turns.take()
            turns.prepare()
            tell(f"{len(plan.cases)} cases; another build every {every:g} s")
            drilled = Drilled(plan, stack, operations, tell)
            load = asyncio.create_task(drilled.run())
            alternating = asyncio.create_task(turns.until(load, every, tell))
            try:
                await alternating  # a turn that failed ends the drill
                evidence = await load
            finally:
                load.cancel()
                alternating.cancel()
                await asyncio.wait({load, alternating})
                await turns.aclose()
            found = await read(stack.pool, "deploys_to_people")
    operations.close()
    return AlternationReport(
        seed=seed,
        every=every,
        deploys=turns.done,
        to_people=[f"{row['case_id']}: {row['reason']}: {row['words']}" for row in found],
        load=report(plan, evidence, time.monotonic() - began),
    )


class BuildTurns:
    """Builds that take turns: the next one's worker is started, promoted when its turn has come, the other one stopped."""

    def __init__(self, parts: KillableParts, builds: tuple[Build, Build], environment: Callable[[Build], Mapping[str, str]]):
        self._parts, self._builds, self._environment = parts, builds, environment
        self.done: list[Alternation] = []
        self._ready: asyncio.Task[None] | None = None

    async def until(self, load: asyncio.Task[Any], every: float, tell: Tell) -> None:
        """Take turns until the load is through. Raises: see `take`."""
        began = time.monotonic()
        for turn in count(1):
            ended, _ = await asyncio.wait({load}, timeout=max(0.0, began + turn * every - time.monotonic()))
            if ended:
                return
            await self.take(tell)
            if not load.done():
                self.prepare()

    def prepare(self) -> None:
        """Begin to start the worker whose turn is next, as a cluster does that lets new pods stand before old ones go."""
        self._ready = asyncio.create_task(self.start(self._builds[len(self.done) % 2]))

    async def aclose(self) -> None:
        """Give up a start that was begun; what it has started is stopped with all other parts."""
        if self._ready:
            self._ready.cancel()
            await asyncio.wait({self._ready})

    async def start(self, build: Build) -> None:
        """Start the worker of a build. Raises: StackFailed."""
        await self._parts.start(build.name)

    def stop(self, build: Build) -> None:
        """Stop the worker of a build; what it works on may end first."""
        self._parts.children.pop(build.name).stop()

    async def take(self, tell: Tell = lambda _: None) -> None:
        """Deploy the build whose turn it is. Raises: StackFailed: it did not start, or was refused."""
        number = len(self.done)
        build, before = self._builds[number % 2], self._builds[1 - number % 2]
        began = time.monotonic()
        await (self._ready or self.start(build))
        self._ready = None
        started = time.monotonic() - began
        words = await self._promote(build)
        promoted = time.monotonic() - began
        if number:
            await asyncio.to_thread(self.stop, before)
        found = Alternation(
            number=number, build=build.name, started=round(started, 2), promoted=round(promoted, 2), words=words
        )
        self.done.append(found)
        tell(f"{build.name} after {promoted:.1f} s: {words}")

    async def _promote(self, build: Build) -> str:
        options = ("deploys", "promote", "--by", "drill", "--wait", "60", "--sample", SAMPLE, "--json")
        process = await asyncio.create_subprocess_exec(
            *build.checkout.run("handrail.cli.main", *options),
            env=dict(self._environment(build)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if process.returncode:
            raise StackFailed(f"drill deploys: {build.name} was not promoted: {(errors or output).decode()[-500:]}")
        return str(json.loads(output)["of_the_cases"])


@asynccontextmanager
async def opened(folder: Path, builds: tuple[Build, Build], **dynamic: str) -> AsyncIterator[tuple[ChaosStack, BuildTurns]]:
    """Start the servers on free ports; each build's worker is started in its turn. `dynamic` configures Temporal.

    Raises:
        StackFailed: a part would not start.
    """
    servers = ChaosServers(folder, ONLY_CLIENT, **dynamic)

    def environment(build: Build) -> Mapping[str, str]:
        return {**servers.environment(), "HANDRAIL_VERSIONED": "true", **build.environment}

    workers = [Worker(folder / RUN, partial(environment, one), one.name, (), one.checkout.run("worker")) for one in builds]
    components: list[Component] = [servers.postgres, servers.temporal, servers.model, *workers]
    parts = KillableParts(folder / "logs", {part.name: part for part in components})
    async with running(servers, parts) as stack:
        yield stack, BuildTurns(parts, builds, environment)

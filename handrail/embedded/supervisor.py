"""Starting in order of need, bringing back what dies, stopping in reverse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from handrail.embedded.process import Child, Component, EarlyComponent, StackFailed, how, until_ready

STEADY_SECONDS = 60.0
TRIES = 5
LONGEST_PAUSE = 10.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class StartupStep:
    """Something to be done once on the way up. `run` returns a line about what it did."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[], Awaitable[str]]


class What(StrEnum):
    """An event in the life of a part of the stack."""

    STARTING = "starting"
    READY = "ready"
    DIED = "died"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `seconds` is how long it took."""

    part: str
    what: What
    seconds: float = 0.0
    text: str = ""


Tell = Callable[[Event], None]


class Supervisor:
    """Runs `parts`, whose order does not matter, and tells what happens to them. Use it from the main thread only."""

    def __init__(self, parts: Sequence[Component | StartupStep], logs: Path, tell: Tell) -> None:
        self._parts, self._logs, self._tell = tuple(parts), logs, tell
        self._components = [part for part in order(parts) if not isinstance(part, StartupStep)]
        self.children: dict[str, Child] = {}

    async def start(self) -> None:
        """Bring everything up; parts that do not need one another start side by side.

        Raises:
            StackFailed: the first part that would not start. What runs already goes on until `stop`.
        """
        done = {part.name: asyncio.Event() for part in self._parts}

        async def met(part: Component | StartupStep) -> None:
            for need in part.needs:
                if need in done:
                    await done[need].wait()

        async def bring_up(part: Component | StartupStep) -> None:
            if isinstance(part, EarlyComponent):
                await self._bring_up(part, partial(met, part))
            else:
                await met(part)
                await self._bring_up(part)
            done[part.name].set()

        async with all_or_first_failure() as group:
            for part in self._parts:
                group.create_task(bring_up(part))

    async def watch(self) -> None:
        """Bring back whatever dies, for ever.

        Raises:
            StackFailed: a component did not stay in spite of repeated tries.
        """
        async with all_or_first_failure() as group:
            for component in self._components:
                group.create_task(self._keep(component))

    async def stop(self) -> None:
        """Stop everything in reverse order of need. Returns when all of it is gone."""
        for component in reversed(self._components):
            child = self.children.pop(component.name, None)
            if child is not None:
                began = time.monotonic()
                await asyncio.to_thread(child.stop)
                self._tell(Event(component.name, What.STOPPED, time.monotonic() - began))

    def kill(self) -> None:
        """End everything at once, without a word to it; for the impatient. `stop` still has to be called."""
        for child in self.children.values():
            child.kill()

    async def _bring_up(self, part: Component | StartupStep, needs: Callable[[], Awaitable[None]] | None = None) -> None:
        """Start it and wait until it is ready; an early one goes on once its `needs` are, at once where none are given."""
        began = time.monotonic()
        self._tell(Event(part.name, What.STARTING))
        if isinstance(part, StartupStep):
            said = await part.run()
        else:
            await asyncio.to_thread(part.prepare)
            child = self.children[part.name] = Child(part.name, part.command(), self._logs / f"{part.name}.log")
            if isinstance(part, EarlyComponent):
                if needs:
                    await needs()
                await asyncio.to_thread(part.go)
            await until_ready(part, child)
            said = ""
        self._tell(Event(part.name, What.READY, time.monotonic() - began, said))

    async def _keep(self, component: Component) -> None:
        failures = 0
        while True:
            child = self.children[component.name]
            began = time.monotonic()
            reason = await last_words(child)
            failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            await self._revive(component, failures, reason)

    async def _revive(self, component: Component, failures: int, reason: str) -> None:
        """Start it again, with longer and longer pauses between the tries."""
        while failures <= TRIES:
            pause = min(0.25 * 2 ** (failures - 1), LONGEST_PAUSE)
            self._tell(Event(component.name, What.DIED, pause, reason))
            await asyncio.sleep(pause)
            try:
                return await self._bring_up(component)
            except StackFailed as error:
                reason = str(error)
                self.children[component.name].stop()
            failures += 1
        log = self._logs / f"{component.name}.log"
        raise StackFailed(f"{component.name}: will not stay up after {TRIES} tries; the last: {reason} (log: {log})")


async def last_words(child: Child) -> str:
    """Wait for its end: how it ended, and the end of its log."""
    while (code := child.exited()) is None:  # noqa: ASYNC110 - the end of a process sets no event everywhere
        await asyncio.sleep(LOOK_SECONDS)
    child.stop()
    said = " | ".join(child.tail(2)) or "it said nothing"
    return f"{how(code)}; {said}"


@asynccontextmanager
async def all_or_first_failure() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first failure comes out as itself rather than in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* Exception as failures:  # noqa: BLE001 - the first goes on as it is
        first: BaseException = failures
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


def order(parts: Sequence[Component | StartupStep]) -> list[Component | StartupStep]:
    """Sorted so that each comes after what it needs; needs that are not among them count as met.

    Raises:
        StackFailed: they need one another in a circle.
    """
    names = {part.name for part in parts}
    placed: list[Component | StartupStep] = []
    waiting = list(parts)
    while waiting:
        standing = {part.name for part in placed}
        free = [one for one in waiting if names & set(one.needs) <= standing]
        if not free:
            raise StackFailed(f"{', '.join(one.name for one in waiting)} need one another in a circle.")
        placed += free
        waiting = [one for one in waiting if one not in free]
    return placed

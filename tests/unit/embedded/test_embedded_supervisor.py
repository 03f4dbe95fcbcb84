"""Order of starting and stopping, bringing back, giving up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handrail.embedded import supervisor as supervising
from handrail.embedded.process import Command, StackFailed
from handrail.embedded.supervisor import Event, StartupStep, Supervisor, What, order

RUNS = "import pathlib, time; pathlib.Path({ready!r}).touch(); time.sleep(600)"


@dataclass
class Part:
    """A small program that is ready when its file appears."""

    name: str
    folder: Path
    needs: tuple[str, ...] = ()
    code: str = RUNS
    prepared: int = field(default=0, init=False)

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.ready"

    def prepare(self) -> None:
        self.prepared += 1
        self.file.unlink(missing_ok=True)

    def command(self) -> Command:
        return Command((sys.executable, "-c", self.code.format(ready=str(self.file))))

    async def ready(self, pid: int) -> bool:
        return self.file.exists()


@asynccontextmanager
async def started(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    """Started and watched; stopped at the end whatever happens."""
    watching = None
    try:
        await supervisor.start()
        watching = asyncio.create_task(supervisor.watch())
        yield watching
    finally:
        if watching:
            watching.cancel()
            await asyncio.wait({watching})
        await supervisor.stop()


async def test_what_is_needed_comes_first_and_goes_last(tmp_path: Path) -> None:
    events: list[Event] = []

    async def step() -> str:
        return "done"

    last, first = Part("last", tmp_path, ("between",)), Part("first", tmp_path)
    supervisor = Supervisor([last, StartupStep("between", ("first",), step), first], tmp_path, events.append)
    async with started(supervisor):
        ready = [event.part for event in events if event.what is What.READY]
    assert ready == ["first", "between", "last"]
    assert [event.part for event in events if event.what is What.STOPPED] == ["last", "first"]
    assert supervisor.children == {}


async def test_a_killed_part_comes_back_and_its_end_is_told(tmp_path: Path) -> None:
    events: list[Event] = []
    back = asyncio.Event()

    def tell(event: Event) -> None:
        events.append(event)
        if event.what is What.READY and len([one for one in events if one.what is What.READY]) == 2:
            back.set()

    supervisor = Supervisor([Part("part", tmp_path)], tmp_path, tell)
    async with started(supervisor), asyncio.timeout(20):
        before = supervisor.children["part"].pid
        os.kill(before, signal.SIGKILL)
        await back.wait()
        assert supervisor.children["part"].pid != before
    died = [event for event in events if event.what is What.DIED]
    assert len(died) == 1
    assert "SIGKILL" in died[0].text


async def test_it_gives_up_on_what_will_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "LONGEST_PAUSE", 0.01)
    events: list[Event] = []
    dies = Part("part", tmp_path, code="import pathlib; pathlib.Path({ready!r}).touch(); print('my last words')")
    supervisor = Supervisor([dies], tmp_path, events.append)
    async with started(supervisor) as watching, asyncio.timeout(30):
        with pytest.raises(StackFailed, match=r"part: will not stay up after 5 tries; the last: .*my last words"):
            await watching
    assert dies.prepared == supervising.TRIES + 1


async def test_the_first_that_does_not_start_is_named(tmp_path: Path) -> None:
    broken = Part("broken", tmp_path, code="raise SystemExit('cannot: {ready}')")
    never = Part("never", tmp_path, ("broken",))
    supervisor = Supervisor([broken, never], tmp_path, lambda event: None)
    with pytest.raises(StackFailed, match="broken: ended with exit code 1 while starting: cannot"):
        async with started(supervisor):
            pass
    assert never.prepared == 0


def test_a_circle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match="one, two need one another"):
        order([Part("one", tmp_path, ("two",)), Part("two", tmp_path, ("one",))])

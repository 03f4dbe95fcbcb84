"""KillableParts of a stack, each a process of its own: killed, paused, continued and started again."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from handrail.drills.bench.stack.processes import tree
from handrail.embedded.process import Child, Component, EarlyComponent, StackFailed, until_ready

PATIENCE = 90.0
PAUSE_SECONDS = 0.2


@dataclass
class KillableParts:
    """Servers and workers as child processes, by name; each writes a log into `folder`."""

    folder: Path
    parts: dict[str, Component]
    children: dict[str, Child] = field(default_factory=dict)

    async def start(self, *names: str) -> None:
        """Start the parts and wait until they answer. PostgreSQL refuses to start while backends of its killed self live."""
        for name in names:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    await self._start(name)
                    break
                except StackFailed:
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(PAUSE_SECONDS)

    async def start_together(self, *names: str) -> None:
        """Start parts that do not need each other; where one fails the others are given up. Raises: StackFailed."""
        starting = [asyncio.create_task(self.start(name)) for name in names]
        try:
            await asyncio.gather(*starting)
        finally:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)

    def load(self, name: str) -> None:
        """Start the part and wait for nothing."""
        if left := self.children.pop(name, None):
            left.stop()
        part = self.parts[name]
        part.prepare()
        self.children[name] = Child(name, part.command(), self.folder / f"{name}.log")

    async def begin(self, name: str) -> None:
        """Tell a part that was loaded to begin, and wait until it answers. Raises: StackFailed."""
        part = self.parts[name]
        assert isinstance(part, EarlyComponent), f"{name} does not wait"  # noqa: S101 - a caller's mistake
        part.go()
        await until_ready(part, self.children[name])

    async def _start(self, name: str) -> None:
        self.load(name)
        await until_ready(self.parts[name], self.children[name])

    def kill(self, *names: str) -> None:
        """SIGKILL, without a word; returns when they are gone."""
        for name in names:
            assert self.children[name].exited() is None, f"{name} is not running"  # noqa: S101 - a caller's mistake
            self.children[name].kill()
        for name in names:
            self.children.pop(name).stop()

    async def revive(self, name: str) -> None:
        """Start the part again if it has ended by itself, and wait until it answers. Raises: StackFailed."""
        if self.children[name].exited() is not None:
            await self.start(name)
        else:
            await until_ready(self.parts[name], self.children[name])

    def pause(self, name: str) -> None:
        """SIGSTOP for the part and all that it started: it keeps its connections and answers nobody."""
        self._signal(name, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """SIGCONT for the part and all that it started."""
        self._signal(name, signal.SIGCONT)

    def stop(self) -> None:
        """End everything; what was started last goes first."""
        for name in reversed(list(self.children)):
            self.go_on(name)
            self.children.pop(name).stop()

    def _signal(self, name: str, what: signal.Signals) -> None:
        for process in tree(self.children[name].pid):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(what)

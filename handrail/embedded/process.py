"""Child processes: started with a log, never outliving their parent, stopped politely and then for certain."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import psutil

from handrail.domain.errors import HandrailError

LAUNCH = Path(__file__).with_name("launch.py")
LOG_LIMIT = 20_000_000
PROBE_SECONDS = 0.05


class StackFailed(HandrailError):
    """The embedded stack cannot do what was asked; the message says what and the remedy, in one line."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its whole environment. `stop` asks it to end and `grace` is how many seconds it gets for that;
    `orphan` is what it receives when its parent dies without a word. `user` needs root. `niceness` is by how much it lets
    others go first where the processors are busy, from 0 to 19, once it is ready."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    user: str | None = None
    stop: signal.Signals = signal.SIGTERM
    orphan: signal.Signals = signal.SIGKILL
    grace: float = 10.0
    niceness: int = 0


class Component(Protocol):
    """A part of the stack. `needs` are names of components that must be ready before this one starts."""

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]: ...

    def prepare(self) -> None:
        """Lay out what the program needs on disk; idempotent.

        Raises:
            StackFailed: it cannot be started as things are.
        """
        ...

    def command(self) -> Command: ...

    async def ready(self, pid: int) -> bool:
        """One probe of the program that runs as `pid`: does it answer as its users need it to? Raises nothing meanwhile."""
        ...


@runtime_checkable
class EarlyComponent(Component, Protocol):
    """A part that starts before what it needs is ready, loads meanwhile, and is told to go on then."""

    def go(self) -> None:
        """Tell the program that all it needs is ready."""
        ...


class Child:
    """A running program. Start it from a thread that lives as long as it should: Linux ties it to that very thread."""

    def __init__(self, name: str, command: Command, log: Path) -> None:
        self.name, self.log, self._command = name, log, command
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        lifeline, self._lifeline = os.pipe()
        wrapped = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(command.orphan)), command.user or "-"]
        with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
            self.log_start = output.tell()
            self._process = subprocess.Popen(
                [*wrapped, str(lifeline), *command.argv],
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(lifeline,),
                start_new_session=True,
                umask=0o077,
            )
        os.close(lifeline)
        self.pid = self._process.pid
        self.started = psutil.Process(self.pid).create_time()

    def let_others_go_first(self) -> None:
        """Take on its niceness with all its threads; the group is its own."""
        if self._command.niceness and self.exited() is None:
            os.setpriority(os.PRIO_PGRP, self.pid, os.getpriority(os.PRIO_PROCESS, 0) + self._command.niceness)

    def exited(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ask it to end, wait its grace, then kill it. Returns when it is gone."""
        if self.exited() is None:
            self._process.send_signal(self._command.stop)
            try:
                self._process.wait(self._command.grace)
            except subprocess.TimeoutExpired:
                self.kill()
                self._process.wait()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def kill(self) -> None:
        """End it, and what it started in its session, without a word."""
        if self.exited() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def tail(self, lines: int = 3) -> list[str]:
        """The last lines it wrote since it was started."""
        with open(self.log, "rb") as log:
            log.seek(max(self.log_start, log.seek(0, os.SEEK_END) - 8_000))
            text = log.read().decode("utf-8", "replace")
        return [line.strip()[:300] for line in text.splitlines() if line.strip()][-lines:]


def how(code: int) -> str:
    """An exit code in words: 'exit code 1', 'SIGKILL'."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


async def until_ready(component: Component, child: Child, seconds: float = 180.0) -> None:
    """Wait for the component's probe; a start takes what it can get of the processors, what is ready yields.

    Raises:
        StackFailed: the program ended, or did not answer in time; with the end of its log.
    """
    deadline = time.monotonic() + seconds
    while not await component.ready(child.pid):
        code = child.exited()
        if code is not None:
            said = " | ".join(child.tail()) or "it said nothing"
            raise StackFailed(f"{component.name}: ended with {how(code)} while starting: {said} (log: {child.log})")
        if time.monotonic() > deadline:
            raise StackFailed(f"{component.name}: no answer within {seconds:.0f} s. Look into {child.log}.")
        await asyncio.sleep(PROBE_SECONDS)
    child.let_others_go_first()


@contextmanager
def run(component: Component, log: Path) -> Iterator[Child]:
    """The component, prepared and ready, for the length of a `with` block; for programs that need just this one."""
    component.prepare()
    child = Child(component.name, component.command(), log)
    try:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(until_ready(component, child))
        yield child
    finally:
        child.stop()

"""Work beside the main one that has to go on: supervised, so that no error ends it without a word.

What goes wrong there now stands in a file of the worker's, too, from which `handrail status` tells it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SOON_SECONDS = 240.0
"""Behind a look that failed, where looks are rare: one that fails once is no trouble of ten minutes, which alerts tell of."""
WORDS = 300
T = TypeVar("T")
Say = Callable[[str | None], None]
"""Takes what is wrong, in words; None once it goes well again."""
Told = Callable[[str, bool], None]
_log = logging.getLogger("handrail.background")
_abandoned: set[asyncio.Task[Any]] = set()
"""The event loop itself holds tasks by weak references alone."""


class BackgroundTroubles:
    """The troubles beside the main work now: written to the file, if there is one, at every change."""

    def __init__(self, file: Path | None, told: Told = lambda name, wrong: None) -> None:
        """Write to the file; `told` hears of the name of each work that goes on, and at every change whether it goes wrong."""
        self._file, self._told = file, told
        self._now: dict[str, dict[str, str]] = {}
        self._write()

    def about(self, name: str) -> Say:
        """Return the function by which the work of this name tells of itself."""
        self._told(name, False)
        return lambda words: self._say(name, words)

    def running(self, name: str, work: Callable[[Say], Awaitable[object]]) -> AbstractAsyncContextManager[None]:
        """Run work that says itself how it goes; see `supervised`."""
        say = self.about(name)
        return supervised(name, lambda: work(say), say=say)

    def _say(self, name: str, words: str | None) -> None:
        self._told(name, words is not None)
        before = self._now.get(name)
        if words is None:
            self._now.pop(name, None)
        else:
            since = before["since"] if before else datetime.now(UTC).isoformat(timespec="seconds")
            self._now[name] = {"since": since, "words": " ".join(words.split())[:WORDS]}
        if self._now.get(name) != before:
            self._write()

    def _write(self) -> None:
        """Replace the file as a whole; readers see the old one or the new one."""
        if self._file is None:
            return
        fresh = self._file.with_name(f".{self._file.name}.new")
        try:
            fresh.write_text(json.dumps(self._now, ensure_ascii=False))
            fresh.replace(self._file)
        except OSError as error:
            _log.error("cannot tell of background trouble in %s: %s", self._file, error)


def trouble_file(ready_file: Path) -> Path:
    """Return the file in which the worker with this ready file tells of its background trouble."""
    return ready_file.with_suffix(".trouble")


def build_file(ready_file: Path) -> Path:
    """Return the file in which the worker with this ready file tells which build it is; it holds nothing for one without."""
    return ready_file.with_suffix(".build")


def troubles_in(file: Path) -> dict[str, str]:
    """Read the troubles by the name of the work: since when, and how. Empty where nobody has written there."""
    try:
        found = json.loads(file.read_text())
        return {name: f"since {one['since']}: {one['words']}" for name, one in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def silent(_: str | None) -> None:
    """Tell nobody."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Wait so long for the work, and no longer for its end: a driver takes its time to give up a query.

    Raises:
        TimeoutError: it did not end in time; it is cancelled.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        abandon(task)
        raise TimeoutError
    return task.result()


def abandon(task: asyncio.Task[Any]) -> None:
    """Cancel what nobody waits for any more; how it ends is nobody's either."""
    _abandoned.add(task)
    task.add_done_callback(_forget)
    task.cancel()


def _forget(task: asyncio.Task[Any]) -> None:
    _abandoned.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.info("what nobody waited for any more failed: %s", type(error).__name__)


@asynccontextmanager
async def supervised(
    name: str, work: Callable[[], Awaitable[object]], first_pause: float = FIRST_PAUSE, say: Say = silent
) -> AsyncIterator[None]:
    """Run `work` for as long as the block lasts; where it ends or raises, begin it again after a growing pause.

    `say` takes that it ended or raised; that it goes well again, the work itself has to say.
    """
    task = asyncio.create_task(_again_and_again(name, work, first_pause, say), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _again_and_again(name: str, work: Callable[[], Awaitable[object]], first_pause: float, say: Say) -> None:
    pause = first_pause
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await work()
            _log.error("%s ended, which it never should; it begins again in %g s", name, pause)
            say("it ended, which it never should, and is begun again")
        except Exception as error:  # noqa: BLE001 - the others go on
            _log.exception("%s failed; it begins again in %g s", name, pause)
            say(f"{type(error).__name__}: {error}")
        await asyncio.sleep(pause)
        pause = first_pause if loop.time() - began > LONGEST_PAUSE + pause else min(pause * 2, LONGEST_PAUSE)

"""Long texts read in a process of their own: in a thread they would hold up everybody else's turns, which share its lock."""

from __future__ import annotations

import asyncio
import logging
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Message
from handrail.domain.reading import ReadingAnswer, ReadingRequest
from handrail.frames import ended, give, started, taken, until_ready

IDLE_SECONDS = 60.0
START_SECONDS = 60.0
_log = logging.getLogger(__name__)


class ReadingProcess:
    """`ports.Reader`. The process starts with the first long text and ends after a while without one, or with this process.

    One text after the other: whoever calls sees to it.
    """

    def __init__(self, argv: Sequence[str], folder: Path, *, idle: float = IDLE_SECONDS) -> None:
        self._argv, self._folder, self._idle = argv, folder, idle
        self._process: Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._end: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Its process id while it is ready."""
        return self._process.pid if self._process else None

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> MessageExtract | None:
        """Read the messages; None while there is no process, which is started: then the caller has to read.

        Raises:
            RuntimeError: reading failed.
        """
        process = self._process
        if process is None or process.returncode is not None:
            self._process = None
            self.start()
            return None
        self._rest()
        try:
            answer = await _exchange(process, ReadingRequest(messages=list(messages), known=list(known)))
        except (OSError, asyncio.IncompleteReadError) as error:
            _log.warning("the process that reads long texts is gone (%s); it is started again", type(error).__name__)
            await self._stop()
            return None
        except BaseException:  # given up: its answer to this would be taken for one to the next
            await self._stop()
            raise
        self._rest(self._idle)
        if answer.heard is None:
            raise RuntimeError(f"reading failed: {answer.failure}")
        return answer.heard

    def start(self) -> asyncio.Task[None]:
        """Start the process beside whatever else is done; the task ends once it is ready, or could not be started."""
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
        return self._starting

    async def _start(self) -> None:
        if self._process or self._closed:
            return
        try:
            process = await started(self._argv, self._folder)
        except OSError:
            _log.exception("no process for long texts could be started; they are read in a thread")
            return
        try:
            await asyncio.wait_for(until_ready(process), START_SECONDS)
        except BaseException as error:
            await ended(process)
            if not isinstance(error, OSError | asyncio.IncompleteReadError | TimeoutError):
                raise
            _log.error("the process for long texts did not start (%s); they are read in a thread", type(error).__name__)
            return
        self._process = process
        self._rest(self._idle)

    def _rest(self, seconds: float | None = None) -> None:
        """End the process after so many seconds; None: not now."""
        if self._end:
            self._end.cancel()
        self._end = None
        if seconds is not None:
            self._end = asyncio.get_running_loop().call_later(seconds, self._leave)

    def _leave(self) -> None:
        process, self._process = self._process, None
        if process:
            self._leaving = asyncio.create_task(ended(process))

    async def _stop(self) -> None:
        self._rest()
        process, self._process = self._process, None
        if process:
            await ended(process)

    async def aclose(self) -> None:
        """End the process for good."""
        self._closed = True
        if self._starting:
            self._starting.cancel()
            with suppress(asyncio.CancelledError):
                await self._starting
        await self._stop()
        if self._leaving:
            await self._leaving


async def _exchange(process: Process, wanted: ReadingRequest) -> ReadingAnswer:
    await give(process, wanted.model_dump_json().encode())
    return ReadingAnswer.model_validate_json(await taken(process))

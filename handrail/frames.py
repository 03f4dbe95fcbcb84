"""Frames between a process and one that it starts to work for it: a length in four bytes, and so much data.

The process that was started knows no server and no secret, and ends with its input: where whoever started it is killed, it is
gone, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from handrail.domain.reading import HEAD, READY

PASSED_ON = frozenset(
    {"PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "HANDRAIL_LANGUAGES"}
)
"""What the process sees of the environment: nothing secret."""
CHUNK = 65_536


async def started(argv: Sequence[str], folder: Path) -> Process:
    """Start the process. Raises: OSError."""
    seen = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    return await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, env=seen, cwd=folder)


async def until_ready(process: Process) -> None:
    """Wait until it says that it is ready. Raises: OSError, asyncio.IncompleteReadError: it says something else, or ends."""
    if await taken(process) != READY:
        raise OSError("it said something else than that it is ready")


async def give(process: Process, body: bytes) -> None:
    """Send it a frame. Raises: OSError."""
    assert process.stdin  # noqa: S101
    process.stdin.write(len(body).to_bytes(HEAD) + body)
    await process.stdin.drain()


async def taken(process: Process, most: int | None = None) -> bytes:
    """Return its next frame. Raises: asyncio.IncompleteReadError. OSError: it is longer than `most`."""
    assert process.stdout  # noqa: S101
    size = int.from_bytes(await process.stdout.readexactly(HEAD))
    if most is not None and size > most:
        raise OSError(f"it sent {size} bytes at once; {most} are the most")
    return await process.stdout.readexactly(size)


async def ended(process: Process) -> None:
    """Kill it, which holds nothing that could be lost, and wait until it is gone."""
    with suppress(ProcessLookupError):
        process.kill()
    await asyncio.shield(_gone(process))


async def _gone(process: Process) -> None:
    """Read what it still said, then wait: before Python 3.13 `wait` waits for the pipe, too, which stays full unless read."""
    with suppress(RuntimeError):  # somebody reads already, and reads on to the end
        while process.stdout and await process.stdout.read(CHUNK):
            pass
    await process.wait()


def frame(source: BinaryIO) -> bytes | None:
    """Return the next frame for this process, None behind the last."""
    head = source.read(HEAD)
    return source.read(int.from_bytes(head)) if len(head) == HEAD else None


def put(sink: BinaryIO, body: bytes) -> None:
    """Answer with a frame."""
    sink.write(len(body).to_bytes(HEAD) + body)
    sink.flush()


def answer(niceness: int, prepare: Callable[[], object], serve: Callable[[BinaryIO, BinaryIO], None]) -> None:
    """Be such a process: `prepare`, say that it is ready, then `serve` frames from the first stream to the second."""
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it, whose end is the end of the input
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    prepare()
    with suppress(BrokenPipeError):
        put(sink, READY)
        serve(sys.stdin.buffer, sink)

"""Processes that work for another one end when they are told to, whatever they were saying."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from handrail.frames import ended, give, started, taken
from tests.support.house import wait_for

FLOODS = (sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\4word' + b'x' * 5_000_000)")
LISTENS = (
    sys.executable,
    "-c",
    "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\4word'); sys.stdout.flush(); sys.stdin.read()",
)


async def test_a_process_that_says_more_than_anybody_reads_is_ended(tmp_path: Path) -> None:
    process = await started(FLOODS, tmp_path)
    assert await taken(process) == b"word"
    assert process.stdout

    async def full() -> bool:
        # The reader is paused: nothing that the process says is taken from its pipe any more.
        return len(process.stdout._buffer) > 2 * 65_536  # type: ignore[union-attr]

    assert await wait_for(full)
    async with asyncio.timeout(20):
        await ended(process)
    assert process.returncode == -9


async def test_a_process_is_ended_while_somebody_waits_for_its_answer(tmp_path: Path) -> None:
    process = await started(LISTENS, tmp_path)
    assert await taken(process) == b"word"
    await give(process, b"question")
    waits = asyncio.create_task(taken(process))
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await ended(process)
    (found,) = await asyncio.gather(waits, return_exceptions=True)
    assert isinstance(found, asyncio.IncompleteReadError)

"""Cases scored in processes of their own: in a thread they would hold up everybody's turns, which share its lock."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from handrail.domain.errors import HandrailError
from handrail.domain.quality.scores import RECORDS, SCORES, CaseScore, ScoredRecord, ScoringTerms
from handrail.frames import ended, give, started, taken, until_ready

ARGV = (sys.executable, "-m", "handrail.quality.scoring.process")
ROOT = Path(__file__).parents[3]
MOST = 4
START_SECONDS = 120.0
BATCH_SECONDS = 300.0


class ScoringFailed(HandrailError):
    """A process that scores ended or did not answer; whoever asked tries again."""


class ScoringProcesses:
    """`ports.quality.CaseScorers`. Processes live for one call; there are as many as processors, at most four."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or max(1, min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))

    async def score(
        self,
        terms: ScoringTerms,
        batches: AsyncIterator[Sequence[ScoredRecord]],
        take: Callable[[Sequence[CaseScore]], Awaitable[None]],
    ) -> None:
        """See `ports.quality.CaseScorers`.

        Raises:
            ScoringFailed: a process ended or did not answer.
        """
        asking = asyncio.Lock()

        async def work() -> None:
            async with scoring(terms) as ask:
                while True:
                    async with asking:
                        batch = await anext(batches, None)
                    if batch is None:
                        return
                    await take(await ask(batch))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.count):
                    group.create_task(work())
        except* (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            first = error.exceptions[0]
            raise ScoringFailed(f"A process that scores is gone or does not answer ({type(first).__name__}).") from error


@asynccontextmanager
async def scoring(terms: ScoringTerms) -> AsyncIterator[Callable[[Sequence[ScoredRecord]], Awaitable[list[CaseScore]]]]:
    """Start a process that scores under these terms; it is ended with the block.

    Raises:
        OSError, asyncio.IncompleteReadError, TimeoutError: it did not start.
    """
    process = await started(ARGV, ROOT)

    async def ask(batch: Sequence[ScoredRecord]) -> list[CaseScore]:
        async with asyncio.timeout(BATCH_SECONDS):
            await give(process, RECORDS.dump_json(list(batch)))
            return SCORES.validate_json(await taken(process))

    try:
        async with asyncio.timeout(START_SECONDS):
            await until_ready(process)
            await give(process, terms.model_dump_json().encode())
        yield ask
    finally:
        await ended(process)

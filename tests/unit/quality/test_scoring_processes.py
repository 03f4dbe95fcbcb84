"""Processes that score: the same verdicts as here, and nothing of them is left."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from unittest.mock import MagicMock

import psutil
import pytest

from handrail.domain.quality.days import STEPS
from handrail.domain.quality.scores import CaseScore, ScoredRecord
from handrail.domain.reading import HEAD, READY
from handrail.quality.scoring.generated import TERMS, generated
from handrail.quality.scoring.processes import ARGV, ROOT, ScoringFailed, ScoringProcesses
from handrail.quality.scoring.scorers import score
from handrail.settings import Settings
from handrail.wiring.days.daily import day_steps


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "handrail.quality.scoring.process" in each.cmdline()]


async def given(records: Sequence[ScoredRecord]) -> AsyncIterator[Sequence[ScoredRecord]]:
    for record in records:
        yield [record]


async def test_processes_say_what_is_said_here_and_end_with_the_work() -> None:
    records, found = list(generated(6)), list[CaseScore]()

    async def take(scores: Sequence[CaseScore]) -> None:
        assert children()
        found.extend(scores)

    await ScoringProcesses(1).score(TERMS, given(records), take)
    assert found == [each for record in records for each in score(record, TERMS)]
    assert not children()


async def test_a_process_that_is_killed_fails_the_work_and_leaves_nothing() -> None:
    async def kill(scores: Sequence[CaseScore]) -> None:
        for each in children():
            each.kill()

    with pytest.raises(ScoringFailed, match="gone or does not answer"):
        await ScoringProcesses(1).score(TERMS, given(list(generated(2))), kill)
    assert not children()


async def test_a_process_ends_with_its_input() -> None:
    """So none outlives a worker that was killed."""
    process = await asyncio.create_subprocess_exec(*ARGV, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    assert process.stdin
    assert process.stdout
    async with asyncio.timeout(60):
        assert (await process.stdout.readexactly(HEAD + len(READY)))[HEAD:] == READY
        process.stdin.close()
        assert await process.wait() == 0


def test_the_steps_are_wired_in_their_order(tmp_path: Path) -> None:
    world, pool = MagicMock(), MagicMock()
    world.business.folder = tmp_path
    assert tuple(step.name for step in day_steps(Settings(), pool, world)) == STEPS

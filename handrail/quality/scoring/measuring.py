"""Measures how fast generated cases are scored."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from itertools import islice

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.quality.scores import CaseScore, ScoredRecord, ScoreVerdict
from handrail.quality.scoring.generated import TERMS, generated
from handrail.quality.scoring.processes import ScoringProcesses

AT_ONCE = 100


class ScoringSpeed(Stored):
    """The time that scoring took; `verdicts` counts each scorer's."""

    cases: int
    processes: int
    seconds: float
    start_seconds: float
    processor_seconds: float = Field(description="what the processes used: on idle processors it takes this by their number")
    cases_per_second: float
    verdicts: dict[str, dict[ScoreVerdict, int]]


async def measured(cases: int, processes: int | None = None) -> ScoringSpeed:
    """Score so many generated cases, starting the processes included. Raises: ScoringFailed."""
    counted: dict[str, Counter[ScoreVerdict]] = {}
    desk = ScoringProcesses(processes)
    began, used = time.perf_counter(), _used()
    first: list[float] = []

    async def batches() -> AsyncIterator[Sequence[ScoredRecord]]:
        made = generated(cases)
        while batch := list(islice(made, AT_ONCE)):
            first.append(time.perf_counter())
            yield batch

    async def take(scores: Sequence[CaseScore]) -> None:
        for each in scores:
            counted.setdefault(each.scorer, Counter())[each.verdict] += 1

    await desk.score(TERMS, batches(), take)
    seconds = time.perf_counter() - began
    return ScoringSpeed(
        cases=cases,
        processes=desk.count,
        seconds=seconds,
        start_seconds=first[0] - began,
        processor_seconds=_used() - used,
        cases_per_second=cases / seconds,
        verdicts={name: dict(counts) for name, counts in counted.items()},
    )


def _used() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime

"""`python -m tests.acceptance.held_day`: a worker of the business's day, each held at a point until it is killed.

A test writes a point's name into `<day>.hold` in the folder POINTS; the worker says in `<day>.reached` that it came there. A
number behind the name is how often it has to come.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.quality.days import DayActivities
from activities.quality.sample import SampleStep
from activities.quality.score import ScoreStep
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.samples import DrawnCase, EndedCase, QualitySettings
from handrail.domain.quality.scores import CaseScore, ScoredRecord
from handrail.ports.loop.quality import DayStep
from handrail.postgres.pool import open_pool
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.samples import PostgresSamples
from handrail.postgres.quality.scores import PostgresScores
from handrail.quality.scoring.generated import TERMS
from handrail.quality.scoring.scorers import SCORERS
from handrail.redaction.values import by_code
from handrail.temporal.connect import connect
from handrail.temporal.worker.interceptors import Guards
from tests.support.ended import ScoringHere
from workflows.quality import QualityWorkflow

POINTS = "POINTS"
SETTINGS = QualitySettings(per_day=80)
SECONDS = 0.02
_come: Counter[tuple[date, str]] = Counter()


async def at(day: date, point: str) -> None:
    """Wait here for good where a test wants it."""
    folder = Path(os.environ[POINTS])
    hold = folder / f"{day}.hold"
    _come[day, point] += 1
    if not hold.exists():
        return
    name, _, times = hold.read_text().partition(" ")
    if name != point or _come[day, point] < int(times or 1):
        return
    (folder / f"{day}.reached").touch()
    while hold.exists():  # noqa: ASYNC110 - another process says when
        await asyncio.sleep(SECONDS)


class HeldDays(PostgresDays):
    """Held around every end of a step."""

    async def finish(self, day: QualityDay, step: str, at_: datetime, result: StepResult) -> None:
        await at(day.day, f"{step}.finish.before")
        await super().finish(day, step, at_, result)
        await at(day.day, f"{step}.finish.after")


class HeldSamples(PostgresSamples):
    """Held around the reading and the keeping of a sample."""

    async def ended(self, day: QualityDay, low_confidence: float) -> list[EndedCase]:
        await at(day.day, "ended.before")
        found = await super().ended(day, low_confidence)
        await at(day.day, "ended.after")
        return found

    async def keep(self, day: date, sample: Sequence[DrawnCase]) -> None:
        await super().keep(day, sample)
        await at(day, "sample.after")


class HeldScores(PostgresScores):
    """Held around the reading of records and the keeping of scores."""

    async def records(self, day: QualityDay, case_ids: Sequence[str]) -> list[ScoredRecord]:
        await at(day.day, "records.before")
        return await super().records(day, case_ids)

    async def keep(self, day: date, scores: Sequence[CaseScore]) -> None:
        await at(day, "scores.before")
        await super().keep(day, scores)
        await at(day, "scores.after")


class MachineClock:
    """The time of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def main() -> None:
    """Work until killed."""
    client, pool = await connect(os.environ["TEMPORAL"]), await open_pool(os.environ["DATABASE"], size=20)
    names = [scorer.name for scorer in SCORERS]
    steps: list[DayStep] = [
        SampleStep(HeldSamples(pool), lambda: SETTINGS),
        ScoreStep(HeldScores(pool), ScoringHere(), names, lambda: TERMS),
    ]
    days = DayActivities(steps, HeldDays(pool), MachineClock(), lambda: "UTC")
    worker = Worker(
        client,
        task_queue=os.environ["QUEUE"],
        workflows=[QualityWorkflow],
        activities=days.all(),
        interceptors=[Guards(by_code())],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main())

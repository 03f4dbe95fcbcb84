"""A worker is killed in the middle of ten days, at ten points: each day is scored once, as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client

from handrail.domain.quality.days import DueRequest, QualityDay, day_at
from handrail.domain.quality.drawing import draw
from handrail.domain.quality.scores import ScoredCase
from handrail.embedded.temporal import Temporal
from handrail.postgres.pool import open_pool
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.samples import PostgresSamples
from handrail.postgres.quality.scores import PostgresScores
from handrail.quality.scoring.generated import TERMS, generated
from handrail.quality.scoring.report import scores_report
from handrail.quality.scoring.scorers import score
from handrail.temporal.schedules import run_now
from tests.acceptance.held_day import POINTS, SETTINGS
from tests.support.ended import moved, write
from tests.support.house import wait_for

HELD = (
    "ended.before",
    "ended.after",
    "sample.after",
    "sample.finish.before",
    "sample.finish.after",
    "records.before",
    "scores.after",
    "scores.after 3",
    "score.finish.before",
    "score.finish.after",
)
CASES = {point: 90 if point in ("ended.after", "sample.after", "scores.after 3") else 30 for point in HELD}
"""Of the 90 cases 80 are drawn."""


@contextmanager
def working(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as a process, killed at the end of the block."""
    with log.open("ab") as sink:
        argv = [sys.executable, "-m", "tests.acceptance.held_day"]
        process = subprocess.Popen(argv, env={**os.environ, **environment}, stdout=sink, stderr=sink)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


async def test_ten_days_killed_at_ten_points_are_scored_once_and_the_same(
    temporal_client: Client, temporal_server: Temporal, database_url: str, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    days = [day_at(today - timedelta(days=n), "UTC") for n in range(11, 1, -1)]
    queue = f"quality-{uuid4().hex[:8]}"
    about = {"TEMPORAL": temporal_server.address, "DATABASE": database_url, "QUEUE": queue, POINTS: str(tmp_path)}
    pool = await open_pool(database_url)
    try:
        for day, point in zip(days, HELD, strict=True):
            await write(pool, [moved(record, f"{day.day}-", day.since) for record in generated(CASES[point])])
            (tmp_path / f"{day.day}.hold").write_text(point)

        async def all_reached() -> bool:
            return sum(name.endswith(".reached") for name in os.listdir(tmp_path)) == len(days)

        async def run(day: QualityDay) -> None:
            await run_now(temporal_client, queue, DueRequest(day=day.day), timedelta(seconds=120))

        runs = [asyncio.create_task(run(day)) for day in days]
        with working(about, tmp_path / "log"):
            await wait_for(all_reached, deadline=90)
        for day in days:
            os.unlink(tmp_path / f"{day.day}.hold")
        with working(about, tmp_path / "log"):
            await asyncio.gather(*runs)
            # Everything that is due is done: another run finds nothing to do.
            assert not (await run_now(temporal_client, queue, DueRequest(day=days[0].day), timedelta(seconds=60))).done
        await check(pool_days=PostgresDays(pool), samples=PostgresSamples(pool), scores=PostgresScores(pool), days=days)
    finally:
        await pool.close()


async def check(pool_days: PostgresDays, samples: PostgresSamples, scores: PostgresScores, days: list[QualityDay]) -> None:
    """Compare with what an undisturbed run gives: the sample, the verdicts, the estimates."""
    for day, point in zip(days, HELD, strict=True):
        states = [state for state in await pool_days.states(day.day) if state.day.day == day.day]
        assert {state.step: state.done_at is not None for state in states} == {"sample": True, "score": True}
        expected = draw(day.day, await samples.ended(day, SETTINGS.low_confidence), SETTINGS)
        drawn = await samples.drawn(day.day)
        assert {case.case_id: case for case in drawn} == {case.case_id: case for case in expected}
        assert len(drawn) == min(CASES[point], SETTINGS.per_day)
        records = await scores.records(day, [case.case_id for case in drawn])
        by_id = {case.case_id: case for case in drawn}
        undisturbed = [
            ScoredCase(
                day=day.day,
                case_id=each.case_id,
                topic=by_id[each.case_id].topic,
                risk=by_id[each.case_id].risk,
                weight=1 / by_id[each.case_id].probability,
                scorer=each.scorer,
                verdict=each.verdict,
            )
            for record in records
            for each in score(record, TERMS)
        ]
        stands = await scores.between(day.day, day.day)
        key = lambda each: (each.scorer, each.case_id)  # noqa: E731
        assert sorted(stands, key=key) == sorted(undisturbed, key=key)
        row = await scores.days_between(day.day, day.day)
        assert scores_report(day.day, day.day, "UTC", None, row, stands, 30, 0.95) == scores_report(
            day.day, day.day, "UTC", None, row, undisturbed, 30, 0.95
        )

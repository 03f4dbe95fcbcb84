"""Days of judged samples and old transcripts, written behind the repositories' backs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from handrail.domain.quality.judge.calibration import CalibrationRecord, MeasuredRate
from handrail.domain.quality.watch.drift import judged_series
from handrail.postgres.pool import Pool
from handrail.postgres.quality.judging import PostgresJudging
from tests.postgres.quality.judges import Bench

SERIES = judged_series("helped")
RATE = MeasuredRate(value=0.9, low=0.85, high=0.95, size=120)
SAMPLED = b"""
INSERT INTO handrail.quality_samples (
    day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
) SELECT %(day)s, %(topic)s || '-' || %(day)s || '-' || n, %(topic)s, 'plain', 1000, 1000, n, %(probability)s, false, 0
FROM generate_series(1, %(cases)s) AS n
"""
JUDGED = b"""
INSERT INTO handrail.quality_judgements (day, purpose, judge, case_id, criterion, run, verdict, model, asked_at)
SELECT %(day)s, %(purpose)s, %(judge)s, %(topic)s || '-' || %(of)s || '-' || n, 'helped', 1,
    CASE WHEN n <= %(fails)s THEN 'fail' ELSE 'pass' END, 'judge-1', %(day)s::date + interval '1 day'
FROM generate_series(1, %(cases)s) AS n
"""
DONE = b"""
INSERT INTO handrail.quality_steps (day, step, since, until, done_at, result)
VALUES (%(day)s, 'judge', %(day)s::date, %(day)s::date + interval '1 day', now(), '{}') ON CONFLICT DO NOTHING
"""


async def judge_days(
    pool: Pool,
    bench: Bench,
    since: date,
    until: date,
    *,
    topic: str = "refund",
    cases: int = 40,
    fails: int = 8,
    probability: float = 0.5,
) -> None:
    """Let the judge have judged the days from `since` up to and without `until`; days differ a little."""
    wave = (0, 1, -1, 1, 0, -1, 0)
    async with pool.connection() as connection, connection.transaction():
        for number in range((until - since).days):
            day = since + timedelta(days=number)
            about = {
                "day": day,
                "of": day,
                "topic": topic,
                "cases": cases,
                "fails": fails + wave[number % 5],
                "probability": probability,
                "purpose": "sample",
                "judge": bench.plan.keys["helped"],
            }
            for statement in (SAMPLED, JUDGED, DONE):
                await connection.execute(statement, about)


async def judge_anchors(pool: Pool, bench: Bench, of: date, day: date, fails: int) -> None:
    """Let the judge have judged forty old transcripts on a day, so many of which it failed."""
    about = {"day": day, "of": of, "topic": "refund", "cases": 40, "fails": fails, "purpose": "anchor"}
    async with pool.connection() as connection:
        await connection.execute(JUDGED, {**about, "judge": bench.plan.keys["helped"]})


async def open_gate(pool: Pool, bench: Bench, on: date) -> CalibrationRecord:
    """Let the gate have opened on a day, by a judge that is right nine times of ten, and hold until the tests end."""
    record = record_of("helped", bench.plan.keys["helped"], on)
    await PostgresJudging(pool).calibrated(record)
    return record


def record_of(criterion: str, judge: str, on: date) -> CalibrationRecord:
    """A calibration that opens a gate."""
    at = datetime.combine(on, time(2), tzinfo=UTC)
    return CalibrationRecord(
        criterion=criterion, judge=judge, model="judge-1", opened=True, labels=100, cases=50,
        sensitivity=RATE, specificity=RATE, at=at, expires_at=at + timedelta(days=400),
    )  # fmt: skip

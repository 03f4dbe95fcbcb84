"""The standing of a judge out of the real record: what its verdicts say of all cases, and nothing while its gate is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.domain.quality.judge.calibration import CalibrationRecord, MeasuredRate
from handrail.domain.quality.judge.judge_status import CriterionStatus
from handrail.postgres.pool import Pool
from handrail.postgres.quality.judging import PostgresJudging
from handrail.quality.judging.status import statuses
from tests.postgres.quality.judges import BAD, DAY, GOOD, Bench, TestedJudge, answered, named

SAMPLES = """
INSERT INTO handrail.quality_samples (
    day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
) SELECT %(day)s, name, 'refund', 'plain', 100, 100, place, %(probability)s, %(people)s, %(probability)s / 2
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, place)
"""


async def drawn(pool: Pool, names: list[str], probability: float, *, people: bool = False) -> None:
    """Put the cases into the day's sample."""
    about = {"day": DAY, "names": names, "probability": probability, "people": people}
    async with pool.connection() as connection:
        await connection.execute(SAMPLES.encode(), about)


async def standing(bench: Bench) -> CriterionStatus:
    keys = bench.plan.keys
    (found,) = statuses(
        bench.plan,
        await bench.record.calibrations(list(keys)),
        await bench.record.answers_as(list(keys.values())),
        await bench.record.samples(keys, DAY, DAY),
        await bench.labels.labelled(bench.plan.wordings),
        bench.clock.now(),
        openings=await bench.record.openings(list(keys)),
    )
    return found


async def test_shares_are_those_of_all_cases_and_corrected_where_the_gate_is_open(pool: Pool) -> None:
    bench = Bench(pool, TestedJudge(), runs=1)
    good, bad = await answered(pool, named("good", 40), GOOD), await answered(pool, named("bad", 20), BAD)
    lost = await answered(pool, ["lost"], GOOD)
    await drawn(pool, good, 0.1)
    await drawn(pool, [*bad, *lost], 1.0, people=True)
    sampled = await PostgresJudging(pool).sampled(DAY)
    assert sum(each.for_people for each in sampled) == 21
    assert {each.people_share for each in sampled} == {0.5}
    bench.record.drawn[DAY] = [*good, *bad]
    await bench.step.judge(DAY)
    found = await standing(bench)
    assert (found.sampled, found.judged, found.left, found.unmeasured) == (61, 60, 1, 0)
    assert found.raw is not None
    assert found.raw.value == pytest.approx(20 / 420), "each good case stands for ten"
    assert found.raw.size == pytest.approx(420**2 / (40 * 100 + 20))
    assert (found.gate.open, found.corrected) == (False, None)
    assert found.statement == "unmeasured: never calibrated"
    right = MeasuredRate(value=0.95, low=0.9, high=0.98, size=200)
    at = bench.clock.now()
    await bench.record.calibrated(
        CalibrationRecord(
            criterion="helped", judge=bench.plan.keys["helped"], model="judge-1", opened=True, labels=200,
            sensitivity=right, specificity=right, at=at, expires_at=at + timedelta(days=30),
        )
    )  # fmt: skip
    found = await standing(bench)
    assert found.gate.open
    assert found.since == at
    assert found.corrected is not None
    assert found.corrected.value == pytest.approx(0.0, abs=0.02)
    assert found.corrected.low == 0.0
    assert "the judge says 4.8%" in found.statement
    bench.clock.at += timedelta(days=30)
    assert "older than 30 days" in (await standing(bench)).statement
    assert (await standing(bench)).since is None


async def test_another_answering_model_closes_the_gate(pool: Pool) -> None:
    bench = Bench(pool, TestedJudge(name="judge-2"), runs=1)
    names = await answered(pool, named("good", 2), GOOD)
    await drawn(pool, names, 1.0)
    bench.record.drawn[DAY] = names
    await bench.step.judge(DAY)
    at = bench.clock.now()
    key = bench.plan.keys["helped"]
    await bench.record.calibrated(
        CalibrationRecord(
            criterion="helped", judge=key, model="judge-1", opened=True, at=at, expires_at=at + timedelta(days=30)
        )
    )
    assert "the judge answers as 'judge-2', calibrated was 'judge-1'" in (await standing(bench)).statement

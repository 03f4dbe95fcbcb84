"""A judge that stops to count, over the real record: its gate closes and the topics that relied on it step down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import ModelUnavailable
from handrail.domain.quality.days import day_at
from handrail.domain.quality.judge.judged import JudgePlan
from handrail.domain.quality.judge.rubric import Rubric
from handrail.domain.quality.watch.drift import AlarmKind
from handrail.domain.quality.watch.governor import BlastLimit, GovernorDefinitions, StepKind
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.quality.governor.govern import GovernedDay, Governor
from handrail.quality.governor.loader import SHIPPED_GOVERNOR, load_governor
from handrail.quality.judging.gates import UNSET, JudgeInForce
from handrail.quality.judging.judge import JudgeStep
from handrail.quality.judging.status import statuses
from handrail.quality.judging.steps import JudgeOfDay
from handrail.shop import business
from handrail.topics.dial import TopicDial
from handrail.topics.loader import FileTopics
from tests.postgres.quality.judges import CRITERION, DAY, Bench, TestedJudge, gates_of
from tests.postgres.quality.test_judge_step import calibrated

TOPICS = FileTopics(business.folder / "topics", business.by_name)
AGENTS = sorted(one.name for one in TOPICS.all() if not one.people_only)
EVERY_TOPIC = BlastLimit(topics=100, volume=1)


class House:
    """A judge with its gate, its step of the day, and the governor, over one record."""

    def __init__(self, pool: Pool, bench: Bench, **rules: Any) -> None:
        self.bench, self.controls, self.alarms = bench, PostgresControls(pool, business), PostgresAlarms(pool)
        self.rules: GovernorDefinitions = load_governor(SHIPPED_GOVERNOR.parent).value.model_copy(update=rules)
        record = PostgresGovernor(pool, self.controls)
        self.governor = Governor(record, self.alarms, TOPICS, TopicDial(self.controls), lambda: self.rules, bench.clock)
        self.off: str | None = None
        self.gates = gates_of(pool, lambda: JudgeInForce(bench.plan, self.off), bench.clock)

    async def day(self, number: int, *, judged: bool = True) -> str:
        @asynccontextmanager
        async def make() -> AsyncIterator[JudgeStep]:
            yield self.bench.step

        step = JudgeOfDay(make if judged else None, self.gates, self.governor)
        return (await step.run(day_at(DAY + timedelta(days=number), "UTC"))).words

    async def levels(self) -> dict[str, Autonomy]:
        return {one.scope: one.level for one in await self.controls.in_force()}

    async def statement(self) -> str:
        plan, record = self.bench.plan, self.bench.record
        keys = list(plan.keys.values())
        calibrations, openings = await record.calibrations(["helped"]), await record.openings(["helped"])
        models, now = await record.answers_as(keys), self.bench.clock.now()
        (found,) = statuses(plan, calibrations, models, [], [], now, openings=openings)
        return found.statement


async def test_a_judge_of_half_the_specificity_lowers_what_relied_on_it_within_the_day(pool: Pool) -> None:
    bench, record = await calibrated(pool, TestedJudge(), runs=3)
    assert record.opened
    house = House(pool, bench, blast=EVERY_TOPIC)
    assert "does not count" not in await house.day(1)
    assert await house.levels() == {}
    bench.judge = TestedJudge(specificity=0.5)
    said = await house.day(2)
    assert "the judge of 'helped' does not count any more" in said
    assert (await house.statement()).startswith("unmeasured: ")
    lowered = await house.levels()
    assert lowered == {f"topic:{name}": Autonomy.REVIEW for name in AGENTS}
    (alarm,) = await house.alarms.open()
    assert (alarm.kind, alarm.indicator, alarm.evidence.topics) == (
        AlarmKind.JUDGE,
        "judge:helped",
        [one.name for one in TOPICS.all() if not one.people_only],
    )
    assert "specificity" in alarm.evidence.words
    await house.day(3)
    assert len(await house.alarms.open()) == 1, "one closing is one alarm"
    assert await house.levels() == lowered


async def test_the_blast_limit_holds_and_the_rest_is_asked_of_people(pool: Pool) -> None:
    bench, _ = await calibrated(pool, TestedJudge(), runs=3)
    house = House(pool, bench)
    await house.day(1)
    bench.judge = TestedJudge(specificity=0.5)
    await house.day(2)
    assert len(await house.levels()) == 3
    page, alarm = await house.alarms.open()
    assert page.kind is AlarmKind.BLAST
    assert f"for alarm {alarm.alarm_id}, judge:helped" in page.evidence.words
    for name in AGENTS:
        assert (f"topic:{name}" in await house.levels()) != (name in page.evidence.words), name


async def test_time_alone_closes_no_gate_of_a_judge_that_is_as_good_as_it_was(pool: Pool) -> None:
    bench, record = await calibrated(pool, TestedJudge(), runs=1)
    house = House(pool, bench)
    bench.clock.at = record.expires_at - timedelta(days=2)
    await house.day(28)
    renewed = (await bench.record.calibrations(["helped"]))["helped"]
    assert (renewed.opened, renewed.at > record.at) == (True, True)
    bench.clock.at = record.expires_at + timedelta(days=2)
    await house.day(32)
    assert await house.levels() == {}
    opening = (await bench.record.openings(["helped"]))["helped"]
    assert opening.since == record.at, "the same judge has stood open all the while"


async def test_a_judge_whose_server_is_away_until_its_calibration_is_old_lowers_too(pool: Pool) -> None:
    bench, record = await calibrated(pool, TestedJudge(), runs=1)
    house = House(pool, bench, blast=EVERY_TOPIC)

    def away(number: int) -> None:
        raise ModelUnavailable("away", 600.0)

    bench.judge.before = away
    day = DAY + timedelta(days=1)
    bench.record.drawn[day] = bench.record.drawn[DAY][:2]
    with pytest.raises(ModelUnavailable):
        await house.day(1)
    assert await house.levels() == {}, "the calibration still holds"
    bench.clock.at = record.expires_at
    with pytest.raises(ModelUnavailable):
        await house.day(1)
    assert set((await house.levels()).values()) == {Autonomy.REVIEW}
    (alarm,) = await house.alarms.open()
    assert "the calibration is older than 30 days" in alarm.evidence.words


async def test_a_gate_that_was_never_open_and_a_business_without_a_judge_lower_nothing(pool: Pool) -> None:
    bench, record = await calibrated(pool, TestedJudge(specificity=0.5), runs=1)
    assert not record.opened
    house = House(pool, bench)
    await house.day(1)
    assert (await house.levels(), await house.alarms.open()) == ({}, [])
    house.off = UNSET
    await house.day(2, judged=False)
    assert (await house.levels(), await house.alarms.open()) == ({}, [])


async def test_a_judge_that_is_taken_away_is_a_gate_that_closes(pool: Pool) -> None:
    bench, _ = await calibrated(pool, TestedJudge(), runs=1)
    house = House(pool, bench, blast=EVERY_TOPIC)
    house.off = UNSET
    assert "HANDRAIL_JUDGE_MODEL" in await house.day(1, judged=False)
    assert set((await house.levels()).values()) == {Autonomy.REVIEW}


async def test_the_topics_of_a_criterion_alone_rely_on_it(pool: Pool) -> None:
    bench, _ = await calibrated(pool, TestedJudge(), runs=1)
    of_refunds = CRITERION.model_copy(update={"topics": ["refund"]})
    bench.plan = JudgePlan.of(Rubric(criteria={"helped": of_refunds}), "judge at there", "prompt")
    house = House(pool, bench)
    said = await house.day(1)
    assert "the criterion is another one than was calibrated" in said
    assert await house.levels() == {"topic:refund": Autonomy.REVIEW}


async def test_what_is_low_already_is_kept_and_nothing_is_ever_raised(pool: Pool) -> None:
    bench, _ = await calibrated(pool, TestedJudge(), runs=1)
    house = House(pool, bench, blast=EVERY_TOPIC)
    house.off = UNSET
    await house.day(1, judged=False)
    bench.plan = bench.plan.model_copy(update={"keys": {}, "wordings": {}})
    found: GovernedDay = await house.governor.govern(DAY)
    assert found.steps == []
    assert {one.kind for one in await PostgresGovernor(bench.pool, house.controls).steps(100)} == {StepKind.DOWN}


async def test_a_closed_gate_opens_again_and_its_next_closing_is_another_alarm(pool: Pool) -> None:
    bench, _ = await calibrated(pool, TestedJudge(), runs=1)
    house = House(pool, bench, blast=EVERY_TOPIC)
    house.off = UNSET
    await house.day(1, judged=False)
    house.off = None
    await house.day(2)
    (again,) = await bench.step.calibrate(["helped"])
    assert again.opened
    assert "HANDRAIL_JUDGE_MODEL" not in await house.day(3)
    house.off = UNSET
    await house.day(4, judged=False)
    assert [one.kind for one in await house.alarms.open()] == [AlarmKind.JUDGE, AlarmKind.JUDGE]

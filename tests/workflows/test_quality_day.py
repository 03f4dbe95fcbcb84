"""The business's day on a real Temporal server and database: steps in order, once, held back behind one that failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, Schedule, ScheduleIntervalSpec, ScheduleUpdate
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities.quality.days import DayActivities
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.days import DailyRun, DueRequest, QualityDay, StepResult, day_at
from handrail.domain.quality.scores import ScoreVerdict, ScoringTerms, ScoringTopic
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.scores import PostgresScores
from handrail.quality.scoring.scorers import score
from handrail.redaction.values import by_code
from handrail.temporal import schedules
from handrail.temporal.cases.executions import executions
from handrail.temporal.cases.wanted import WORKFLOW
from handrail.temporal.converter import data_converter
from handrail.temporal.schedules import QualityFailed, run_now
from handrail.temporal.worker.announcing import AnnouncingRunner
from handrail.temporal.worker.interceptors import Guards
from handrail.wiring.cases.runners import sandbox
from tests.postgres.outcomes.by_hand import CASE, Made, row
from tests.support.house import House, wait_for
from workflows.quality import QualityWorkflow

OPENED = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = [date(2026, 5, n) for n in (1, 2, 3)]


class Stopped:
    """A clock that stands at noon."""

    def now(self) -> datetime:
        return NOW


@dataclass
class Noted:
    """A step that notes the days it was run for; `fails` has it fail on one of them."""

    name: str
    seen: list[tuple[str, date]]
    fails: dict[date, Exception] = field(default_factory=dict)
    held: asyncio.Event | None = None

    async def run(self, day: QualityDay) -> StepResult:
        if self.held is not None:
            await self.held.wait()
        if day.day in self.fails:
            raise self.fails[day.day]
        self.seen.append((self.name, day.day))
        return StepResult(words=f"{self.name} went well", figures={"n": 1.0})


@dataclass
class Daily:
    """A worker of the day alone, with its own task queue."""

    client: Client
    pool: Pool
    days: PostgresDays
    queue: str
    steps: list[Noted]
    seen: list[tuple[str, date]]

    async def run(self, **asked: Any) -> DailyRun:
        return await run_now(self.client, self.queue, DueRequest(**asked), timedelta(seconds=30))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = await open_pool(database_url)
    async with made.connection() as connection:
        about = Made("C1", (NOW - OPENED).total_seconds() / 86_400, "")
        await connection.execute(CASE, {**row("q1", about), "opened": OPENED})
    yield made
    await made.close()


@pytest.fixture
def daily(temporal_client: Client, pool: Pool) -> Callable[[], Any]:
    @asynccontextmanager
    async def made() -> AsyncIterator[Daily]:
        seen: list[tuple[str, date]] = []
        steps = [Noted(name, seen) for name in ("sample", "score", "watch")]
        days, queue = PostgresDays(pool), f"quality-{uuid4().hex[:8]}"
        activities = DayActivities(steps, days, Stopped(), lambda: "UTC")
        worker = Worker(
            temporal_client,
            task_queue=queue,
            workflows=[QualityWorkflow],
            activities=activities.all(),
            interceptors=[Guards(by_code())],
            workflow_runner=AnnouncingRunner(UnsandboxedWorkflowRunner()),
        )
        async with worker:
            yield Daily(temporal_client, pool, days, queue, steps, seen)

    return made


async def test_every_ended_day_has_its_steps_in_order_and_once(daily: Callable[[], Any]) -> None:
    async with daily() as place:
        found = await place.run()
        assert place.seen == [(step, day) for day in DAYS for step in ("sample", "score", "watch")]
        assert len(found.done) == 9
        history = await place.client.get_workflow_handle(f"quality-{place.queue}-now").fetch_history()
        await Replayer(workflows=[QualityWorkflow], workflow_runner=sandbox(), data_converter=data_converter).replay_workflow(
            history
        )
        assert (await place.run()).done == []
        assert len(place.seen) == 9
        states = await place.days.states(DAYS[0])
        assert {state.result and state.result.words for state in states if state.step == "score"} == {"score went well"}
        assert all(state.day == day_at(state.day.day, "UTC") for state in states)


async def test_a_step_that_fails_holds_back_those_behind_it_and_itself_later(daily: Callable[[], Any]) -> None:
    async with daily() as place:
        place.steps[1].fails[DAYS[0]] = ValueError("a defect")
        with pytest.raises(QualityFailed, match="score of 2026-05-01: a defect"):
            await place.run()
        assert place.seen == [("sample", day) for day in DAYS]
        failed = await place.days.state(DAYS[0], "score")
        assert failed is not None
        assert (failed.tries, failed.error, failed.done_at) == (1, "ValueError: a defect", None)
        place.steps[1].fails.clear()
        await place.run()
        assert len(place.seen) == 9
        mended = await place.days.state(DAYS[0], "score")
        assert mended is not None
        assert (mended.tries, mended.error) == (1, None)


async def test_one_day_up_to_one_step(daily: Callable[[], Any]) -> None:
    async with daily() as place:
        await place.run(day=DAYS[1], step="score")
        assert place.seen == [("sample", DAYS[1]), ("score", DAYS[1])]
        for asked, words in (
            ({"day": NOW.date()}, "2026-05-04 has not ended in UTC"),
            ({"day": DAYS[0], "step": "scores"}, "'scores' is no step of a day. Write one of: sample, score, watch"),
        ):
            with pytest.raises(InvalidInput, match=words):
                await place.run(**asked)


async def test_two_runs_at_a_time_do_a_step_once(daily: Callable[[], Any]) -> None:
    async with daily() as place:
        place.steps[0].held = asyncio.Event()
        first, second = (asyncio.create_task(place.run(day=DAYS[0], step=step)) for step in ("sample", "score"))

        async def refused() -> bool:
            """Return whether an attempt has found the step taken."""
            for step in ("sample", "score"):
                handle = place.client.get_workflow_handle(f"quality-{place.queue}-{DAYS[0]}-{step}")
                try:
                    found = (await handle.describe()).raw_description.pending_activities
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    continue  # it has not begun yet
                if any("another worker" in one.last_failure.message for one in found):
                    return True
            return False

        await wait_for(refused)
        place.steps[0].held.set()
        await asyncio.gather(first, second)
        assert place.seen.count(("sample", DAYS[0])) == 1
        state = await place.days.state(DAYS[0], "sample")
        assert state is not None
        assert state.tries == 0


async def test_the_schedule_starts_it_and_it_is_no_case(daily: Callable[[], Any]) -> None:
    async with daily() as place:
        await schedules.ensure(place.client, place.queue)
        await place.client.get_schedule_handle(schedules.schedule_id(place.queue)).trigger()

        async def all_done() -> bool:
            return len(place.seen) == 9

        await wait_for(all_done)
        listed = [run.workflow_id async for run in executions(place.client, f"WorkflowType = '{WORKFLOW}'")]
        assert not [workflow_id for workflow_id in listed if place.queue in workflow_id], "what is taken for a case"


async def test_the_schedule_is_mended_and_a_pause_is_left_alone(temporal_client: Client) -> None:
    queue = f"quality-{uuid4().hex[:8]}"
    await schedules.ensure(temporal_client, queue)
    handle = temporal_client.get_schedule_handle(schedules.schedule_id(queue))
    made = await handle.describe()
    await schedules.ensure(temporal_client, queue)
    assert (await handle.describe()).info.last_updated_at == made.info.last_updated_at, "the same again changes nothing"
    assert (await schedules.in_words(temporal_client, queue)).startswith("next at ")

    def spoilt(schedule: Schedule) -> ScheduleUpdate:
        schedule.spec.intervals = [ScheduleIntervalSpec(every=timedelta(days=1))]
        return ScheduleUpdate(schedule=schedule)

    await handle.update(lambda found: spoilt(found.description.schedule))
    await handle.pause(note="not this week")
    await schedules.ensure(temporal_client, queue)
    found = (await handle.describe()).schedule
    assert [each.every for each in found.spec.intervals] == [schedules.EVERY]
    assert found.state.paused
    assert await schedules.in_words(temporal_client, queue) == f"paused: not this week. Unpause {handle.id} in Temporal"
    await handle.delete()
    assert (await schedules.in_words(temporal_client, queue)).startswith(f"there is no schedule {handle.id}")


async def test_a_worker_without_the_right_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from temporalio.service import RPCError, RPCStatusCode

    async def denied(client: Client, task_queue: str) -> None:
        raise RPCError("Request unauthorized.", RPCStatusCode.PERMISSION_DENIED, b"")

    monkeypatch.setattr(schedules, "ensure", denied)
    said: list[str | None] = []
    client: Any = None
    task = asyncio.create_task(schedules.forever(client, "cases", said.append))

    async def heard() -> bool:
        return bool(said)

    await wait_for(heard)
    assert said == ["cannot see to the schedule handrail-quality-cases: PERMISSION_DENIED: Request unauthorized."]
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_real_cases_are_scored_by_what_they_left_in_the_record(home: House) -> None:
    """A question that was answered out of the shop's record, and a refund: every figure and deed is found again."""
    order = await home.order(status="shipped")
    asked = await home.open(order.customer_id, f"Hi, where is my order {order.order_id}? When will it be delivered?")
    small = await home.order(
        status="delivered", refunded=False, delivered_within_days=25, refundable_over=30, refundable_under=90
    )
    text = f"One mug of order {small.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    refunded = await home.open(small.customer_id, text)
    today = day_at(datetime.now(UTC).date(), "UTC").model_copy(update={"until": datetime.now(UTC) + timedelta(minutes=1)})
    topics = [ScoringTopic(name=each.name, terms=[each.description, each.prompt]) for each in home.world.topics.all()]
    terms = ScoringTerms(topics=topics, links=list(home.world.business.links))
    records = await PostgresScores(home.pool).records(today, [asked.case_id, refunded.case_id])
    for record in records:
        assert record.facts
        assert record.last_replies
        found = {each.scorer: each for each in score(record, terms)}
        assert {name: each.verdict for name, each in found.items()} == dict.fromkeys(found, ScoreVerdict.GOOD), found
    (with_effect,) = [record for record in records if record.case_id == refunded.case_id]
    assert [each.outcome for each in with_effect.actions if each.kind == "effect"] == ["applied"]
    invented = [
        each.model_copy(update={"text": f"{each.text} You also get back 777.77 USD."})
        if each.message_id in with_effect.last_replies
        else each
        for each in with_effect.messages
    ]
    worse = {each.scorer: each.verdict for each in score(with_effect.model_copy(update={"messages": invented}), terms)}
    assert worse["grounding"] is ScoreVerdict.BAD
    assert worse["policy"] is ScoreVerdict.UNMEASURED, "the ledger holds no ruling on these words"

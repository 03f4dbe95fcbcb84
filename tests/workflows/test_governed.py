"""The whole way on real parts: sixty days of record, a rise, an alarm, a step down, and a case that a person must approve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from handrail.business import seeded
from handrail.clock import SystemClock
from handrail.domain.quality.watch.drift import DriftBaseline
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool, writing
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.quality.governor.govern import Governor
from handrail.quality.governor.loader import load_governor
from handrail.quality.watching.baselines import BaselinePeriod, calibrated_baselines, proposals
from handrail.quality.watching.days import WatchTerms, fill
from handrail.quality.watching.watch import DriftWatch, observations
from handrail.settings import Settings
from handrail.shop import business
from handrail.topics.dial import GateLever, TopicDial
from handrail.wiring.days.governing import file_terms, judge_gates
from tests.postgres.quality.record import today, write_days
from tests.support.house import House, house
from tests.workflows.conftest import ScriptedModel

DAY = timedelta(days=1)
RISEN = 6
QUIET = ("refund",)


async def signed(pool: Pool, terms: WatchTerms, since: int) -> list[DriftBaseline]:
    """A person's word on the days before the rise."""
    record, risen = PostgresDrift(pool), today() - RISEN * DAY
    await fill(record, terms, today() - since * DAY, today(), datetime.now(UTC))
    period = BaselinePeriod(today() - since * DAY, risen, risen)
    seen = await observations(record, terms, period.since, period.until)
    found = proposals(terms, seen, period, lambda series: series.indicator == "escalation")
    ready = await calibrated_baselines(record, found, lambda words: None)
    return await record.sign([one.model_copy(update={"accepted_by": "ann"}) for one in ready])


async def written(pool: Pool) -> None:
    """Sixty days, in the last six of which people get most of the cases about an order's status."""
    start, risen = today() - 60 * DAY, today() - RISEN * DAY
    await write_days(pool, "order_status", start, risen, cases=16, bad=2)
    await write_days(pool, "order_status", risen, today(), cases=16, bad=12)
    for topic in QUIET:
        await write_days(pool, topic, start, today(), cases=17, bad=2)


async def governed(home: House) -> list[str]:
    """The steps `watch` and `govern` of yesterday, as often as is liked; gives the topics that stepped down."""
    pool, clock = home.pool, SystemClock()
    controls, alarms = PostgresControls(pool, business), PostgresAlarms(pool)
    gates = judge_gates(Settings(), business.folder, pool, home.world.topics, clock)
    dial = TopicDial(GateLever(PostgresReviewGates(pool, clock), clock))
    terms = file_terms(business.folder, home.world.topics, dial, gates)
    outcomes = (await terms()).outcomes
    await PostgresOutcomes(pool).define(outcomes.value, outcomes.version)
    if not await PostgresDrift(pool).baselines():
        await signed(pool, await terms(), 60)
    await DriftWatch(PostgresDrift(pool), alarms, terms, clock).look(today() - DAY)
    rules = load_governor(business.folder).value
    governor = Governor(PostgresGovernor(pool, controls), alarms, home.world.topics, home.world.dial, lambda: rules, clock)
    return [step.topic for step in (await governor.govern(today() - DAY)).steps if step.kind == "down"]


async def test_a_rise_of_a_topic_ends_in_a_person_approving_its_next_reply(
    temporal_client: Client, database_url: str, scripted_model: ScriptedModel
) -> None:
    async with house(temporal_client, database_url, scripted_model.root) as home:
        async with writing(home.pool) as connection:
            await seeded(business, connection, datetime.now(UTC))
        await written(home.pool)
        order = await home.order(status="shipped")
        text = f"Where is my order {order.order_id}?"
        before = await home.open(order.customer_id, text)
        assert before.status in ("Resolved", "AwaitingCustomer")
        assert await governed(home) == ["order_status"]
        assert await governed(home) == []
        after = await home.open(order.customer_id, text)
        assert after.status == "AwaitingApproval"
        (request,) = [one.request for one in after.approvals]
        assert "control/autonomy" in request.rules
        assert any("by governor since" in words for words in request.reasons)
        alarms = await PostgresAlarms(home.pool).open()
        assert {one.topic for one in alarms} == {"", "order_status"}
        assert {one.first_day for one in alarms} == {today() - RISEN * DAY}

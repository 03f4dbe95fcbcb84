"""One customer's many cases let everybody else's through, and what people decide goes before both."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from handrail.domain.case.fairness import fairness_key
from tests.support.house import house
from tests.workflows.conftest import ScriptedModel

MANY, LET_THROUGH = 24, 8
SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED


async def test_a_quiet_customer_is_answered_among_the_first_of_a_noisy_ones_cases(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel
) -> None:
    async with house(temporal_client, shop_url, scripted_model.root, concurrency=2) as home:
        noisy, quiet = await home.strangers_order(status="shipped"), await home.strangers_order(status="delivered")
        await home.model.script(noisy.order_id, {"latency_seconds": 1.0}, None)
        cases = [f"t-{uuid4().hex[:12]}" for _ in range(MANY)]
        text = f"Where is my order {noisy.order_id}?"
        await asyncio.gather(*(home.cases.open_case(one, noisy.customer_id, text, channel="rehearsal") for one in cases))
        spoken = (
            "select case_id from handrail.messages where case_id = any(%(cases)s) and author = 'assistant' "
            "group by case_id order by min(at)"
        )
        before = len(await home.rows(spoken, cases=cases))
        assert before < MANY - 2 * LET_THROUGH, "there is nothing to be let through by"
        answered = await home.open(quiet.customer_id, f"Where is my order {quiet.order_id}?")
        for case_id in cases:
            await home.settled(case_id)
        await home.model.clear()
        order = [case_id for (case_id,) in await home.rows(spoken, cases=[*cases, answered.case_id])]
        assert len(order) == MANY + 1
        # Without the key it comes last: all of the others were there before.
        assert order.index(answered.case_id) - before <= LET_THROUGH
        events = (await home.temporal.get_workflow_handle(f"case-{answered.case_id}").fetch_history()).events
        places = [one.activity_task_scheduled_event_attributes.priority for one in events if one.event_type == SCHEDULED]
        assert {one.fairness_key for one in places} == {fairness_key(quiet.customer_id)}
        assert quiet.customer_id not in str(places)

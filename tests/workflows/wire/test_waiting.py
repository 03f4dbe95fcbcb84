"""A model's server that asks to be left alone, on the real server: cases wait as asked, people do not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.llm.health import Tries
from handrail.postgres.autonomy.models import PostgresModels
from tests.support.house import House, Model, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import HELD, decision

TRIES = Tries(calls=2)
APPLIED = "select effect_id from handrail.effects where case_id = %(c)s and status = 'applied'"


@pytest.fixture
async def home(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """A house whose model has an address of its own: others are not made to wait."""
    monkeypatch.setattr("handrail.wiring.cases.activities.MODEL_TRIES", TRIES)
    async with house(temporal_client, shop_url, f"http://localhost:{scripted_model.port}") as here:
        await here.model.clear()
        yield here
        await PostgresModels(here.pool).end_pauses("a test", "ann")
        await Model(here.model.root).clear()


async def test_waiting_as_asked_is_no_try_and_holds_for_all_cases_of_the_model(home: House) -> None:
    first, second = await home.order(status="shipped"), await home.order(status="delivered")
    await home.model.script(first.order_id, {"status": 429, "retry_after": 1}, 1 + TRIES.calls)
    began = time.monotonic()
    case = await home.open(first.customer_id, f"Where is my order {first.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(case.case_id))
    other = await home.open(second.customer_id, f"Where is my order {second.order_id}?", wait=False)
    case = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert time.monotonic() - began > 1 + 1 + 2, "a second each, and longer from one time to the next"
    asked = [one["behaviour"] for one in await home.model.requests(case.case_id)]
    assert [bool(one) for one in asked] == [True] * (1 + TRIES.calls) + [False] * (len(asked) - 1 - TRIES.calls)
    other = await home.until(other.case_id, lambda view: view.status == "Resolved")
    assert other.reply


async def test_a_person_and_a_decision_do_not_wait_for_the_model(home: House) -> None:
    held = await home.order(**HELD)
    parked = await home.open(held.customer_id, f"Please refund order {held.order_id}, that is {held.refundable} USD.")
    assert parked.status == "AwaitingApproval"
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 503, "headers": {"Retry-After": "300"}}, None)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: PostgresModels(home.pool).pauses())
    began = time.monotonic()
    await home.cases.say(case.case_id, "I want to speak to a human please")
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    await home.cases.decide(parked.case_id, decision(parked, DecisionKind.APPROVE))
    await wait_for(lambda: home.rows(APPLIED, c=parked.case_id))
    assert time.monotonic() - began < 20
    assert case.reason == "customer_asked"
    await home.cases.close(parked.case_id)
    await home.until(parked.case_id, lambda view: view.status == "Closed")


async def test_a_wait_beyond_the_bound_is_a_persons_at_once(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 429, "headers": {"retry-after": "86400"}}, None)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert (case.status, case.reason) == ("WithHuman", "model_unavailable")
    assert len(await home.model.requests(case.case_id)) == 1


async def test_calls_that_fail_without_such_a_wish_are_bounded_by_number(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 503}, None)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert (case.status, case.reason) == ("WithHuman", "model_unavailable")
    assert len(await home.model.requests(case.case_id)) == TRIES.calls

"""A model's server that asks to be left alone, on the real server: cases wait as asked, people do not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from graphs.engine.machine import CaseMachine
from graphs.engine.run import TurnAttempt
from graphs.turn import TurnRequest
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.autonomy.controls import ControlRequest, Scope
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.turns import TurnKey
from handrail.domain.llm.health import Tries
from handrail.embedded.temporal import Temporal
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.wiring.clients import agent_served
from tests.support.house import House, Model, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_activity_commands import activity
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


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The cases whose turns were run, and at which attempt."""
    runs, begin = list[tuple[str, int]](), CaseMachine.begin

    def counted(machine: CaseMachine, wanted: TurnRequest, key: TurnKey) -> TurnAttempt:
        runs.append((wanted.state.row.case_id, key.attempt))
        return begin(machine, wanted, key)

    monkeypatch.setattr(CaseMachine, "begin", counted)
    return runs


async def attempts(home: House, case_id: str) -> int:
    """The attempt at its turn that a case is at."""
    found = await home.temporal.get_workflow_handle(f"case-{case_id}").describe()
    return max((one.attempt for one in found.raw_description.pending_activities), default=0)


async def waits_for(home: House, seconds: float) -> str:
    """Open a case whose model says no once, and have it left alone for so long then; gives its id."""
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 429, "retry_after": 1})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    models = PostgresModels(home.pool)
    await wait_for(models.pauses)
    await models.pause(agent_served(home.settings), seconds)
    return case.case_id


async def test_a_turn_that_waits_is_not_run_again_before_its_model_may_be_asked(
    home: House, begun: list[tuple[str, int]]
) -> None:
    case_id = await waits_for(home, 6)
    case = await home.until(case_id, lambda view: view.status == "Resolved")
    assert case.reply
    assert len(await home.model.requests(case_id)) == 2
    runs = [attempt for one, attempt in begun if one == case_id]
    assert (len(runs), runs[0]) == (2, 1)
    assert runs[1] > 2, "an attempt between them only asked"


async def test_a_turn_that_waits_hears_that_its_agent_was_switched_off(home: House, begun: list[tuple[str, int]]) -> None:
    case_id = await waits_for(home, 500)
    controls = PostgresControls(home.pool, home.world.business)
    scope = Scope.parse("topic:order_status")
    await controls.put(ControlRequest(scope=scope, level=Autonomy.OFF, reason="a test", actor="ann"))
    try:
        case = await home.until(case_id, lambda view: view.status == "WithHuman")
    finally:
        await controls.clear([str(scope)], "the test is over", "test")
    assert case.reason == "switched_off"
    assert len(await home.model.requests(case_id)) == 1


async def test_a_turn_that_only_asked_is_cut_short_like_any_other(home: House, begun: list[tuple[str, int]]) -> None:
    case_id = await waits_for(home, 500)

    async def asked_again() -> bool:
        return await attempts(home, case_id) > 2

    await wait_for(asked_again)
    await home.cases.say(case_id, "I want to speak to a human please")
    case = await home.until(case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "customer_asked"
    assert next(attempt for one, attempt in begun if one == case_id) == 1


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


async def test_an_operator_has_a_turn_that_waits_run_again_at_once(home: House, temporal_server: Temporal) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"status": 429, "retry_after": 1})
    await home.model.script(order.order_id, {"status": 429, "retry_after": 200})
    case_id = (await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)).case_id

    async def tried_twice() -> bool:
        return await attempts(home, case_id) == 3

    await wait_for(tried_twice)
    await PostgresModels(home.pool).end_pauses("it is back", "ann")

    async def run_again() -> bool:
        """A worker hears a moment later that the pause is over; a turn that it runs before asks nobody."""
        await activity(temporal_server, case_id, ["reset"])
        await wait_for(lambda: is_at(0, 2))
        return await is_at(0)

    async def is_at(*numbers: int) -> bool:
        return await attempts(home, case_id) in numbers

    await wait_for(run_again)
    case = await home.until(case_id, lambda view: view.status != "Working")
    assert (case.status, len(await home.model.requests(case_id))) == ("Resolved", 3)

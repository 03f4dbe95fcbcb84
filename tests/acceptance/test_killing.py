"""Proof by killing: whatever dies, and whenever, every case reaches its proper end and every effect happens once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
from temporalio.api.enums.v1 import EventType

from handrail.domain.case.cases import CaseView
from tests.acceptance.killing import AT_REST, Stack, stack, true, waits

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
LARGE = {"status": "delivered", "refunded": False, "refundable_over": 600}
SEED = 20_260_302


@pytest.fixture(scope="module")
async def city(servers: Path) -> AsyncIterator[Stack]:
    async with stack(servers / "killing") as running:
        yield running


@pytest.fixture(autouse=True)
async def whole(city: Stack) -> AsyncIterator[None]:
    """Everything runs before a test; after it, every promise still holds."""
    await city.model.clear()
    yield
    await city.start(*(name for name in city.parts if name not in city.children))
    await city.check()


async def ask(city: Stack) -> str:
    """A case that asks for its order."""
    order = await city.order(status="shipped")
    return await city.open(order.customer_id, f"Where is my order {order.order_id}?")


async def ask_slowly(city: Stack, seconds: float = 6) -> tuple[str, str]:
    """A case in the middle of its model call, and the order that it asks for."""
    order = await city.order(status="shipped")
    await city.model.script(order.order_id, {"latency_seconds": seconds})
    case_id = await city.open(order.customer_id, f"Where is my order {order.order_id}?")
    await true(lambda: city.model.requests(order.order_id))
    return case_id, order.order_id


async def held_refund(city: Stack) -> tuple[str, str]:
    """A case that will ask a person for its refund, and the order."""
    order = await city.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    return await city.open(order.customer_id, text), order.order_id


async def refunded(city: Stack, order_id: str) -> int:
    """How many refunds the shop holds for the order."""
    return len(await city.rows("select 1 from shop.refunds where order_id = %(o)s", o=order_id))


async def test_the_worker_dies_during_a_model_call(city: Stack) -> None:
    case_id, order_id = await ask_slowly(city)
    city.kill("worker")
    await city.start("worker")
    case = await city.at_rest(case_id)
    assert case.status in ("Resolved", "AwaitingCustomer")
    assert order_id in (case.reply or "")
    assert len(await city.model.requests(order_id)) == 2


async def test_the_worker_dies_between_an_effects_commit_and_the_activitys_completion(city: Stack) -> None:
    """The order's row is held, so the effect waits in the database; nobody is there any more to hear that it was written."""
    case_id, order_id = await held_refund(city)
    await city.until(case_id, waits)
    async with await psycopg.AsyncConnection.connect(city.postgres.url) as held:
        await held.execute("select 1 from shop.orders where order_id = %s for update", [order_id])
        await city.approve(case_id)
        await true(lambda: city.rows("select 1 from pg_locks where not granted"))
        city.kill("temporal")
    applied = "select effect_id from handrail.actions where case_id = %(c)s and outcome = 'applied'"
    await true(lambda: city.rows(applied, c=case_id))
    city.kill("worker")
    assert await refunded(city, order_id) == 1
    await city.start("temporal", "worker")
    case = await city.at_rest(case_id)
    assert [one.status for one in case.effects] == ["applied"]
    assert await refunded(city, order_id) == 1
    assert await attempts(city, case_id, "case.turn") == 2


async def attempts(city: Stack, case_id: str, activity: str) -> int:
    """How often the activity was started, over all runs of the case."""
    client, run_id, most = city.client, None, 0
    while True:
        history = await client.get_workflow_handle(f"case-{case_id}", run_id=run_id).fetch_history()
        names = {
            event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        }
        for event in history.events:
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                started = event.activity_task_started_event_attributes
                if names[started.scheduled_event_id] == activity:
                    most = max(most, started.attempt)
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run_id:
            return most


POINTS = [
    "note.before 1",
    "note.after 1",
    "note.before 2",
    "note.after 2",
    "apply.before 1",
    "apply.after 1",
    "end.before 1",
    "end.after 1",
]
"""Where a turn is cut: around what each answer leaves in the journal, around the effect, around the last commit."""


async def held_at(city: Stack, point: str) -> tuple[str, str]:
    """A case that wants a small refund and is held at the point, and its order."""
    order = await city.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
    return await city.open(order.customer_id, text, held=point), order.order_id


@pytest.mark.parametrize("dying", ["worker", "postgres"])
async def test_a_turn_is_cut_around_the_commit_of_the_decision_it_goes_on_with(city: Stack, dying: str) -> None:
    waiting: dict[str, str] = {}
    for point in ("decided.before 1", "decided.after 1"):
        case_id, order_id = await held_refund(city)
        await city.until(case_id, waits)
        city.hold(case_id, point)
        waiting[case_id] = order_id
    for case_id in waiting:
        await city.approve(case_id)
    await city.reached(*waiting)
    assert [await refunded(city, order_id) for order_id in waiting.values()] == [0, 0]
    city.kill(dying)
    city.let_go()
    await city.start(dying)
    for case_id, order_id in waiting.items():
        case = await city.at_rest(case_id)
        assert [(one.action, one.status) for one in case.effects] == [("refund_order", "applied")]
        assert await refunded(city, order_id) == 1
        assert await attempts(city, case_id, "case.turn") == (2 if dying == "worker" else 1)


async def asked(city: Stack, case_id: str) -> int:
    """How often the model was called for the case."""
    return len(await city.model.requests(case_id))


async def check_cut(city: Stack, cut: dict[str, tuple[str, str]], undisturbed: int) -> None:
    """Each of the cases has ended as one that nothing happened to; an answer that was noted was not asked for again."""
    for point, (case_id, order_id) in cut.items():
        case = await city.at_rest(case_id)
        assert case.status in ("Resolved", "AwaitingCustomer"), (point, case)
        assert [one.status for one in case.effects] == ["applied"], point
        assert await refunded(city, order_id) == 1, point
        again = await asked(city, case_id) - undisturbed
        assert again in ((0, 1) if point.startswith("note.before") else (0,)), point
        ends = await city.rows("select 1 from handrail.audit where case_id = %(c)s and action like 'turn:%%'", c=case_id)
        assert len(ends) == 1, point


@pytest.mark.parametrize("dying", ["worker", "postgres"])
async def test_a_turn_is_cut_at_each_of_its_points(city: Stack, dying: str) -> None:
    """Nine cases, each but the first held at another point, when the worker or the database is killed."""
    control, _ = await held_at(city, "")
    await city.at_rest(control)
    cut = {point: await held_at(city, point) for point in POINTS}
    await city.reached(*(case_id for case_id, _ in cut.values()))
    city.kill(dying)
    city.let_go()
    await city.start(dying)
    await check_cut(city, cut, await asked(city, control))
    assert await attempts(city, cut["end.after 1"][0], "case.turn") == (2 if dying == "worker" else 1)
    if dying == "worker":
        assert await asked(city, cut["note.before 1"][0]) == await asked(city, control) + 1, "it was really cut there"


async def test_a_question_to_the_customer_and_their_yes_outlive_the_worker(city: Stack) -> None:
    """Killed around the commit that asks, then around those that hold the yes and the effect: each order is cancelled once.

    Two customers take their yes back before its effect, one to the worker that dies then, one while there is none.
    """
    orders: dict[str, str] = {}
    for point in ("end.before 1", "end.after 1", "", "", "", "", "", ""):
        order = await city.order(status="paid", total_under=90)
        case_id = await city.open(order.customer_id, f"Please cancel order {order.order_id}.", held=point)
        orders[case_id] = order.order_id
    case_ids = list(orders)
    await city.reached(*case_ids[:2])
    for case_id in case_ids[2:]:
        await city.until(case_id, lambda view: view.confirmation is not None)
    city.kill("worker")
    city.let_go()
    await city.start("worker")
    for case_id in case_ids:
        await city.until(case_id, lambda view: view.status == "AwaitingCustomer" and view.confirmation is not None)
    # A yes that comes in the same task as the question counts as one from before it, and is asked again.
    await city.worked_off(*case_ids)
    points = ("answered.before 1", "answered.after 1", "apply.before 1", "apply.after 1", "apply.before 1", "apply.before 1")
    for case_id, point in zip(case_ids[2:], points, strict=True):
        city.hold(case_id, point)
    for case_id in case_ids:
        await city.say(case_id, "Yes, please.")
    await city.reached(*case_ids[2:])
    heard, unheard = case_ids[-2:]
    await city.say(heard, "No, wait!")
    await taken_back(city, heard)
    city.kill("worker")
    city.sent[unheard].append(f"{unheard}-3")
    message = {"message_id": f"{unheard}-3", "text": "Please do not cancel it after all."}
    await city.client.get_workflow_handle(f"case-{unheard}").signal("message", message)
    city.let_go(but=unheard)
    await city.start("worker")
    # Of an effect and a message that both wait for a worker, the one that comes first counts.
    await taken_back(city, unheard)
    city.let_go()
    for case_id, order_id in list(orders.items())[:-2]:
        case = await city.until(case_id, lambda view: view.status == "Resolved")
        assert [(one.action, one.status) for one in case.effects] == [("cancel_order", "applied")]
        assert await refunded(city, order_id) == 1
        assert await questions(city, case_id) == ["asked", "confirmed"]
    for case_id in (heard, unheard):
        case = await city.until(case_id, lambda view: view.status == "WithHuman")
        assert [(one.action, one.code) for one in case.effects] == [("cancel_order", "taken_back")]
        assert await refunded(city, orders[case_id]) == 0
        assert [one.kind for one in case.asked[0].answers] == ["confirmed", "taken_back"]


async def questions(city: Stack, case_id: str) -> list[str]:
    """The audit's steps of questions to the customer."""
    found = await city.rows(
        "select action from handrail.audit where case_id = %(c)s and action like 'confirm:%%' order by at, entry_id", c=case_id
    )
    return [row[0].removeprefix("confirm:") for row in found]


async def taken_back(city: Stack, case_id: str) -> None:
    """Wait until the record holds that the customer took their yes back."""

    async def recorded() -> bool:
        return "taken_back" in await questions(city, case_id)

    await true(recorded)


async def test_the_worker_dies_while_an_approval_waits_and_a_signal_is_kept_for_the_next(city: Stack) -> None:
    case_id, order_id = await held_refund(city)
    approval = (await city.until(case_id, waits)).approvals[0]
    city.kill("worker")
    city.approved.add(approval.approval_id)
    await city.client.get_workflow_handle(f"case-{case_id}").signal(approval.update_names[0])
    assert await refunded(city, order_id) == 0
    await city.start("worker")
    case = await city.at_rest(case_id)
    assert [one.status for one in case.approvals] == ["approved"]
    assert await refunded(city, order_id) == 1


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
async def test_the_worker_dies_while_cases_come_to_their_wait(city: Stack, seed: int) -> None:
    """A dozen cases come to their wait at about the same time; the worker is killed in the middle, again and again."""
    dice = random.Random(seed)
    held = [(await held_refund(city))[0] for _ in range(5)]
    asking = [await ask(city) for _ in range(5)]
    await asyncio.sleep(dice.uniform(0.1, 1.5))
    city.kill("worker")
    await city.start("worker")
    for case_id in held:
        await city.approve(case_id)
    await asyncio.sleep(dice.uniform(0.05, 0.6))
    city.kill("worker")
    await city.start("worker")
    for case_id in [*held, *asking]:
        case = await city.at_rest(case_id)
        assert case.status in ("Resolved", "AwaitingCustomer"), (case.reason, case.topic, case.reply)


async def test_the_temporal_server_dies_in_the_middle_of_a_turn(city: Stack) -> None:
    case_id, order_id = await ask_slowly(city, 2)
    waiting, _ = await held_refund(city)
    await city.until(waiting, waits)
    city.kill("temporal")
    await city.start("temporal")
    case = await city.at_rest(case_id)
    assert order_id in (case.reply or "")
    await city.approve(waiting)
    assert (await city.at_rest(waiting)).effects[0].status == "applied"


async def test_the_database_dies_in_the_middle_of_a_turn(city: Stack) -> None:
    case_id, order_id = await ask_slowly(city, 2)
    waiting, refunded_order = await held_refund(city)
    await city.until(waiting, waits)
    await city.approve(waiting)
    city.kill("postgres")
    await city.start("postgres")
    case = await city.at_rest(case_id)
    assert case.status in ("Resolved", "AwaitingCustomer")
    assert order_id in (case.reply or "")
    assert (await city.at_rest(waiting)).effects[0].status == "applied"
    assert await refunded(city, refunded_order) == 1


async def test_everything_dies_in_the_middle_of_twenty_cases(city: Stack) -> None:
    dice = random.Random(SEED)
    expected = {}
    for _ in range(4):
        order = await city.order(**SMALL)
        text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
        expected[await city.open(order.customer_id, text)] = ("ended", 1)
        expected[await ask(city)] = ("ended", 0)
        expected[(await held_refund(city))[0]] = ("approve", 1)
        order = await city.order(**LARGE)
        text = f"I want a full refund of {order.refundable} USD for order {order.order_id}."
        expected[await city.open(order.customer_id, text)] = ("policy_block", 0)
        order = await city.order(status="delivered")
        expected[await city.open(order.customer_id, "I would like to talk to a real person, please.")] = ("customer_asked", 0)
    await asyncio.sleep(dice.uniform(0.2, 1.0))
    names = ["temporal", "postgres", "worker"]
    city.kill(*names)
    await city.start("postgres", "temporal", "worker")
    approving = [city.approve(case_id) for case_id, (end, _) in expected.items() if end == "approve"]
    following = [city.say(case_id, "Thank you. Is there anything else that I should know?") for case_id in list(expected)[:2]]
    talking = asyncio.gather(*approving, *following)
    await asyncio.sleep(dice.uniform(0.3, 1.0))
    city.kill(*reversed(names))
    await city.start("postgres", "temporal", "worker")
    await talking
    for case_id, (end, effects) in expected.items():
        turns = len(city.sent[case_id])
        case = await city.until(case_id, ended(turns))
        assert len([one for one in case.effects if one.status == "applied"]) == effects, case
        if end not in ("ended", "approve"):
            assert (case.status, case.reason) == ("WithHuman", end)
        elif turns == 1:
            assert case.status in ("Resolved", "AwaitingCustomer")


def ended(turns: int) -> Callable[[CaseView], bool]:
    """At rest after its last turn."""
    return lambda view: view.turn == turns and view.status in AT_REST

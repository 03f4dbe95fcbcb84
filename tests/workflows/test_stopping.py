"""A turn that is cut short: within a second while the agent thinks, never in the middle of an effect, and at any moment."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from statistics import median

import psycopg
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import Author
from tests.support.house import House, wait_for

SMALL = {"status": "delivered", "refunded": False, "delivered_within_days": 25, "refundable_over": 30, "refundable_under": 90}
WISH = "I want to talk to a human now."
CUT = (EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED)
OVER = ("WithHuman", "Closed")


async def cut_after(home: House, case_id: str) -> tuple[float, list[float]]:
    """Seconds from the wish that the turn be cut to its end, by the server's clock; and those of each workflow task."""
    events = (await home.temporal.get_workflow_handle(f"case-{case_id}").fetch_history()).events
    at = {one.event_id: one.event_time.ToDatetime() for one in events}
    asked = next(one for one in events if one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED)
    begun = asked.activity_task_cancel_requested_event_attributes.scheduled_event_id
    ended = next(one for one in events if one.event_type in CUT and scheduled(one) == begun)
    done = [one for one in events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    tasks = [(one.event_id, one.workflow_task_completed_event_attributes.scheduled_event_id) for one in done]
    return (at[ended.event_id] - at[asked.event_id]).total_seconds(), [
        (at[end] - at[start]).total_seconds() for end, start in tasks
    ]


def scheduled(event: HistoryEvent) -> int:
    """The event by which the activity that has ended was asked for."""
    completed, canceled = event.activity_task_completed_event_attributes, event.activity_task_canceled_event_attributes
    return completed.scheduled_event_id or canceled.scheduled_event_id


async def held_by_the_model(home: House) -> list[CaseView]:
    """Cases that all wait for their model."""
    orders = await home.rows(
        "select order_id, customer_id from shop.orders where status = 'shipped' order by order_id limit 10"
    )
    cases = []
    for order_id, customer_id in orders:
        await home.model.script(order_id, {"latency_seconds": 60}, None)
        cases.append(await home.open(customer_id, f"Where is my order {order_id}?", wait=False))
    for case in cases:
        await wait_for(lambda: home.model.requests(case.case_id))  # noqa: B023 - awaited at once
    return cases


async def test_a_wish_a_colleague_and_the_end_of_a_case_cut_the_agents_thinking(
    home: House, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = await held_by_the_model(home)
    wishes: list[Callable[[str], Awaitable[object]]] = [
        lambda case_id: home.cases.say(case_id, WISH),
        lambda case_id: home.cases.request_human(case_id),
        lambda case_id: home.cases.close(case_id),
        lambda case_id: home.temporal.get_workflow_handle(f"case-{case_id}").cancel(),
    ]
    for place, case in enumerate(cases):
        await wishes[place % len(wishes)](case.case_id)
    for case in cases:
        await home.until(case.case_id, lambda view: view.status in OVER)
    found = [await cut_after(home, case.case_id) for case in cases]
    took, tasks = sorted(seconds for seconds, _ in found), [one for _, each in found for one in each]
    with capsys.disabled():
        sys.stdout.write(f"\nthinking cut after p50 {median(took):.2f} s, at most {took[-1]:.2f} s of {len(took)}\n")
    # The wish comes with a heartbeat; what a busy machine takes for the two steps there and back is not the turn's.
    assert median(took) <= 1 + 2 * median(tasks), tasks
    for case in cases:
        assert len(await home.model.requests(case.case_id)) == 1


async def test_a_wish_while_an_effect_is_written_waits_for_it(home: House) -> None:
    order = await home.order(**SMALL)
    async with await psycopg.AsyncConnection.connect(home.settings.database_url.get_secret_value()) as held:
        await held.execute("select 1 from shop.orders where order_id = %s for update", [order.order_id])
        text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
        case = await home.open(order.customer_id, text, wait=False)
        await wait_for(lambda: home.rows("select 1 from pg_locks where not granted"))
        await home.cases.say(case.case_id, WISH)
        await wait_for(lambda: asked_to_stop(home, case.case_id))
        assert (await home.cases.status(case.case_id)).status == "Working"
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, [one.status for one in case.effects]) == ("customer_asked", ["applied"])
    assert len(await home.rows("select 1 from shop.refunds where order_id = %(o)s", o=order.order_id)) == 1


async def test_what_was_refunded_before_a_person_came_is_not_refunded_again_once_they_hand_it_back(home: House) -> None:
    order = await home.order(**SMALL)
    async with await psycopg.AsyncConnection.connect(home.settings.database_url.get_secret_value()) as held:
        await held.execute("select 1 from shop.orders where order_id = %s for update", [order.order_id])
        text = f"One mug of order {order.order_id} arrived broken. Could you refund 12.50 USD for it please?"
        case = await home.open(order.customer_id, text, wait=False)
        await wait_for(lambda: home.rows("select 1 from pg_locks where not granted"))
        await home.cases.request_human(case.case_id)
        await wait_for(lambda: asked_to_stop(home, case.case_id))
    await home.until(case.case_id, lambda view: view.status == "WithHuman")
    await home.cases.claim(case.case_id, "ann")
    await home.model.script(order.order_id, {"calls": [refund(order.order_id)]})
    await home.cases.hand_back(case.case_id, "ann", "I have looked into it; please go on.", topic="refund")
    case = await home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingApproval"))

    assert (case.status, case.approvals) == ("Resolved", []), "a person was asked for what was done"
    assert "12.50 USD" in (case.reply or "")
    assert len(await home.rows("select 1 from shop.refunds where order_id = %(o)s", o=order.order_id)) == 1
    *_, told, _ = [one["text"] for one in await home.model.requests(case.case_id)]
    assert '<data kind="earlier">[{"tool": "refund_order"' in told
    assert '"outcome": "applied"' in told


def refund(order_id: str) -> dict[str, object]:
    """The same call once more, as a model makes it that heeds nothing."""
    return {"tool": "refund_order", "arguments": {"order_id": order_id, "amount": 12.5, "reason": "I was told to go on."}}


async def asked_to_stop(home: House, case_id: str) -> bool:
    """The turn was asked to stop."""
    events = (await home.temporal.get_workflow_handle(f"case-{case_id}").fetch_history()).events
    return any(one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED for one in events)


async def test_a_wish_in_the_moment_in_which_the_turn_ends(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty cases whose model answers a little later from one to the next, between the wish and the heartbeat that brings
    it: record and workflow say the same of each."""
    orders = await home.rows(
        "select order_id, customer_id from shop.orders where status = 'delivered' order by order_id desc limit 20"
    )
    for place, (order, _) in enumerate(orders):
        await home.model.script(order, {"latency_seconds": place * 0.06})
    cases = [await home.open(customer, f"Where is my order {order}?", wait=False) for order, customer in orders]

    async def wish(case_id: str) -> None:
        await wait_for(lambda: home.model.requests(case_id))
        await home.cases.say(case_id, WISH)

    await asyncio.gather(*(wish(case.case_id) for case in cases))
    answered = 0
    for case in cases:
        seen = await home.until(case.case_id, lambda view: view.status == "WithHuman")
        stands = await home.world.cases.show(case.case_id)
        assert (seen.status, seen.version, seen.reply, seen.turn, seen.reason) == (
            stands.status,
            stands.version,
            stands.reply,
            stands.turn,
            "customer_asked",
        )
        said = await home.world.cases.transcript(case.case_id)
        assert [one.message_id for one in said] == [one.message_id for one in await home.cases.transcript(case.case_id)]
        ours = [one.author.value for one in said if one.author is not Author.CUSTOMER]
        assert ours in (["system"], ["assistant", "system"]), "the wish is answered once, the question at most once before it"
        answered += "assistant" in ours
    with capsys.disabled():
        sys.stdout.write(f"\n{answered} of {len(cases)} had their answer before the wish was heard\n")


async def waits_for_a_lock(home: House) -> None:
    """Somebody waits for what another connection holds."""

    async def waiting() -> bool:
        return await home.rows(
            "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1"
        ) == [(True,)]

    await wait_for(waiting)


async def test_who_cancels_while_the_record_is_written_stops_no_case(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, "I want to speak to a person, please.")
    async with await psycopg.AsyncConnection.connect(home.settings.database_url.get_secret_value()) as held:
        await held.execute("select 1 from handrail.cases where case_id = %s for update", [case.case_id])
        await home.cases.claim(case.case_id, "ann")
        await waits_for_a_lock(home)
        await home.temporal.get_workflow_handle(f"case-{case.case_id}").cancel()
    await home.cases.reply(case.case_id, "ann", "Here I am.")
    view = await home.until(case.case_id, lambda view: view.assignee == "ann")
    assert view.status == "WithHuman"


async def test_who_cancels_while_a_case_is_entered_gives_it_to_a_person(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    async with await psycopg.AsyncConnection.connect(home.settings.database_url.get_secret_value()) as held:
        await held.execute("lock table handrail.cases in share row exclusive mode")
        case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
        await waits_for_a_lock(home)
        await home.temporal.get_workflow_handle(f"case-{case.case_id}").cancel()
    view = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert view.reason == "cancelled"

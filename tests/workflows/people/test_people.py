"""People take cases from the queue, give them back, lose them, and are spared a case that goes to and fro."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowUpdateFailedError

from handrail.cli.people.claiming import take
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import IllegalTransition, InvalidInput
from handrail.domain.team.staff import TeamMember
from handrail.postgres.queue import Item, PostgresQueue
from tests.support.house import House, quiet, wait_for

LEASE, OVER = timedelta(minutes=10), timedelta(milliseconds=1)
THINKING = 8.0


class Desk:
    """Two people at a queue of their own, so that no other test's case is in it."""

    def __init__(self, home: House, queue: str) -> None:
        self._home = home
        self.queue = PostgresQueue(home.pool)
        self.people = {
            name: TeamMember(name=name, skills=[queue], languages=["en"], tier=2, pool=True) for name in ("ann", "ben")
        }

    async def take(self, name: str, lease: timedelta = LEASE) -> Item | None:
        return await take(self.queue, self._home.cases, self.people[name], [], lease)


async def with_people(home: House, queue: str) -> tuple[CaseView, Desk]:
    """A case in a queue that nobody else looks at."""
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, "I would like to talk to a real person, please.")
    assert case.status == "WithHuman", case
    await put(home, case.case_id, queue=queue)
    return case, Desk(home, queue)


async def put(home: House, case_id: str, **values: Any) -> None:
    """Behind the case's back; its next change sets it right."""
    async with home.pool.connection() as connection:
        for name, value in values.items():
            change = f"update handrail.queue_items set {name} = %(v)s where case_id = %(c)s"
            await connection.execute(change.encode(), {"v": value, "c": case_id})


async def assigned(home: House, case_id: str, who: str | None, queue: str) -> None:
    """The record knows who has the case; and it is in the test's own queue again."""

    async def look() -> bool:
        return await home.rows("select assignee from handrail.queue_items where case_id = %(c)s", c=case_id) == [(who,)]

    await wait_for(look)
    await put(home, case_id, queue=queue)


async def test_a_claim_is_a_lease_and_the_case_s_own(home: House) -> None:
    case, desk = await with_people(home, "q-claim")
    item = await desk.take("ann")
    assert item is not None
    assert item.lease_id
    assert (item.case_id, item.holder) == (case.case_id, "ann")
    assert (await home.cases.status(case.case_id)).assignee == "ann"
    await assigned(home, case.case_id, "ann", "q-claim")
    assert await desk.take("ben") is None
    await home.cases.release(case.case_id, "ann")
    await assigned(home, case.case_id, None, "q-claim")
    item = await desk.take("ben")
    assert item is not None
    assert (item.case_id, item.holder) == (case.case_id, "ben")


async def test_whoever_dies_before_the_case_knew_them_is_forgotten(home: House) -> None:
    case, desk = await with_people(home, "q-crash")
    lost = await desk.queue.claim(desk.people["ann"], [], OVER)
    assert lost is not None
    await asyncio.sleep(0.05)
    item = await desk.take("ben")
    assert item is not None
    assert item.case_id == case.case_id
    assert (await home.cases.status(case.case_id)).assignee == "ben"


async def test_a_case_whose_holder_is_gone_is_taken_over_and_they_cannot_finish_it(home: House) -> None:
    case, desk = await with_people(home, "q-over")
    first = await desk.take("ann")
    assert first is not None
    assert first.lease_id
    await assigned(home, case.case_id, "ann", "q-over")
    assert await desk.queue.heartbeat(case.case_id, first.lease_id, OVER) is not None
    await asyncio.sleep(0.05)
    second = await desk.take("ben")
    assert second is not None
    assert (await home.cases.status(case.case_id)).assignee == "ben"
    assert await desk.queue.heartbeat(case.case_id, first.lease_id) is None
    for act in (
        home.cases.reply(case.case_id, "ann", "Here I am."),
        home.cases.resolve(case.case_id, "ann"),
        home.cases.hand_back(case.case_id, "ann", "Done."),
        home.cases.release(case.case_id, "ann"),
    ):
        with pytest.raises(IllegalTransition, match="ben"):
            await act
    with pytest.raises(IllegalTransition, match="ben has this case already"):
        await home.cases.claim(case.case_id, "ann")
    await home.cases.resolve(case.case_id, "ben")
    await home.until(case.case_id, lambda view: view.status == "Resolved")
    gone = await wait_for(lambda: empty(desk, case.case_id))
    assert gone


async def empty(desk: Desk, case_id: str) -> bool:
    return await desk.queue.item(case_id) is None


async def test_a_case_that_the_workflow_refuses_is_left_alone_and_the_next_one_taken(home: House) -> None:
    case, desk = await with_people(home, "q-next")
    other, _ = await with_people(home, "q-next")
    await home.cases.claim(case.case_id, "somebody")
    await assigned(home, case.case_id, "somebody", "q-next")
    # As it is for the moment between the case's own word and its record.
    await put(home, case.case_id, assignee=None, priority=1)
    item = await desk.take("ann")
    assert item is not None
    assert item.case_id == other.case_id
    assert (await home.cases.status(case.case_id)).assignee == "somebody"


async def test_the_same_reason_brings_a_case_back_once_and_to_the_same_person(home: House) -> None:
    order = await home.order(status="shipped")
    unsure = {"reply": "I am not sure.", "confidence": 0.1, "disposition": "resolved"}
    await home.model.script(order.order_id, unsure, times=None)
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    assert (case.status, case.reason) == ("WithHuman", "low_confidence")
    told = await system_messages(home, case.case_id)
    promised = case.due_at
    await home.cases.claim(case.case_id, "bea")
    await home.cases.hand_back(case.case_id, "bea", "The parcel is in Kassel.")
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status == "WithHuman")
    assert (case.reason, case.assignee, case.due_at) == ("low_confidence", "bea", promised)
    handoff = await home.cases.handoff(case.case_id)
    assert handoff is not None
    assert "It came back: bea had handed it to the agent with the note “The parcel is in Kassel.”" in handoff.escalation.words
    assert await system_messages(home, case.case_id) == told
    calls = case.usage.calls
    with pytest.raises(IllegalTransition, match=r"stopped for the same reason again \(low_confidence\)") as refused:
        await home.cases.hand_back(case.case_id, "bea", "Please try again.")
    assert "`reply`" in str(refused.value)
    assert (await home.cases.status(case.case_id)).usage.calls == calls
    await home.cases.reply(case.case_id, "bea", "It is in Kassel and comes tomorrow.")
    await home.cases.resolve(case.case_id, "bea")
    await home.until(case.case_id, lambda view: view.status == "Resolved")


async def test_a_case_about_nothing_goes_back_once_a_person_says_what_it_is_about(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Can you recommend a pasta recipe for eight guests? {order.order_id}")
    assert (case.status, case.reason) == ("WithHuman", "out_of_scope")
    note = "They want to know where the parcel is."
    for topic in (None, "pasta", "fraud"):
        with pytest.raises(InvalidInput, match=r"Name what the case is about .* one of: .*order_status") as refused:
            await home.cases.hand_back(case.case_id, "ann", note, topic=topic)
        assert repr(topic or "out_of_scope") in str(refused.value)
    now = await home.cases.status(case.case_id)
    assert (now.status, now.turn, now.assignee) == ("WithHuman", 1, None), "nothing has changed"
    assert await home.model.requests(case.case_id) == []

    *_, entry = await click_names(home, case.case_id)
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    with pytest.raises(WorkflowUpdateFailedError) as clicked:
        await handle.execute_update(entry, note)
    assert "'out_of_scope' is none of the agent's topics" in str(clicked.value.cause)
    await handle.signal(entry, {"note": note, "topic": "order_status"})
    case = await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert (case.status, case.topic, case.reason) == ("Resolved", "order_status", None)
    assert case.reply
    assert "shipped" in case.reply or "on its way" in case.reply
    (details,) = await home.rows(
        "select details from handrail.audit where case_id = %(c)s and action = 'hand_back'", c=case.case_id
    )
    assert (details[0]["note"], details[0]["topic"]) == (note, "order_status")


async def click_names(home: House, case_id: str) -> list[str]:
    """The entries of the Web UI's menu that are there now."""
    handle = home.temporal.get_workflow_handle(f"case-{case_id}")
    metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return sorted(one.name for one in metadata.definition.update_definitions if one.name[:1].isdigit())


async def system_messages(home: House, case_id: str) -> list[str]:
    return [one.text for one in await home.world.cases.transcript(case_id) if one.author == "system"]


async def test_once_a_person_is_asked_for_nothing_of_the_agent_s_leaves(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": THINKING})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(order.order_id))
    answered = time.monotonic() + THINKING
    await home.cases.request_human(case.case_id)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert case.reason == "customer_asked"
    version = case.version

    async def there() -> bool:
        return time.monotonic() > answered and await quiet(home.temporal, case.case_id)

    await wait_for(there)  # the answer that was on its way
    case = await home.cases.status(case.case_id)
    assert (case.status, case.version, case.effects) == ("WithHuman", version, [])
    said = await home.world.cases.transcript(case.case_id)
    assert [one.author for one in said] == ["customer", "system"]
